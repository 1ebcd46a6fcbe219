package eos

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A FileError tells what is wrong with a file and where: nothing of it was applied.
type FileError struct {
	File   string // "policy", "accounts", "matrix" or "permissions"
	Line   int    // from 1; 0: the file as a whole
	Column int    // in characters, from 1; 0: the file as a whole
	Text   string
}

// Error names file, line and column.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return "eos: " + e.File + ": " + e.Text
	}
	return fmt.Sprintf("eos: %s: line %d, column %d: %s", e.File, e.Line, e.Column, e.Text)
}

// readFile reads all of r, and no more than limit bytes.
func readFile(r io.Reader, what string, limit int64) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return "", fmt.Errorf("eos: %s: %w", what, err)
	}
	if int64(len(b)) > limit {
		return "", &FileError{File: what, Text: fmt.Sprintf("more than %d bytes", limit)}
	}
	return string(b), nil
}

// word is a word of a line and its column in characters, from 1.
type word struct {
	text   string
	column int
}

// A lineReader takes a file apart: lines end in LF or CR LF, words stand apart by
// blanks and tabs, empty lines and lines that start with # are skipped. Control
// characters and bytes that are not UTF-8 are errors.
type lineReader struct {
	what     string
	text     string // what is left
	maxLines int
	line     int
	words    []word // of the line; valid until the next call of next
	err      error
}

// next brings the next line with words; false at the end or on an error.
func (l *lineReader) next() bool {
	for l.err == nil && l.text != "" {
		line, rest, _ := strings.Cut(l.text, "\n")
		l.text = rest
		l.line++
		if l.line > l.maxLines {
			l.err = &FileError{l.what, l.line, 1, fmt.Sprintf("more than %d lines", l.maxLines)}
			return false
		}
		l.split(strings.TrimSuffix(line, "\r"))
		if l.err == nil && len(l.words) > 0 && l.words[0].text[0] != '#' {
			return true
		}
	}
	l.words = l.words[:0]
	return false
}

func (l *lineReader) split(line string) {
	l.words = l.words[:0]
	column, start, begin := 0, -1, 0
	for i, r := range line {
		column++
		if r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD") || r < ' ' && r != '\t' || r == 0x7F {
			l.err = &FileError{l.what, l.line, column, "a control character, or bytes that are not UTF-8"}
			return
		}
		switch blank := r == ' ' || r == '\t'; {
		case blank && start >= 0:
			l.words = append(l.words, word{line[start:i], begin})
			start = -1
		case !blank && start < 0:
			start, begin = i, column
		}
	}
	if start >= 0 {
		l.words = append(l.words, word{line[start:], begin})
	}
}

// fail is the error for the i-th word of the line.
func (l *lineReader) fail(i int, text string) error {
	return &FileError{l.what, l.line, l.words[i].column, text}
}

// quote shows a word of a file in an error: at most 40 bytes of it.
func quote(s string) string {
	if len(s) > 40 {
		return strconv.Quote(s[:40]) + "..."
	}
	return strconv.Quote(s)
}
