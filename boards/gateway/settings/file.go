package settings

import (
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a file. All settings with a comment each are a tenth of it.
const (
	maxFileBytes = 64 << 10
	maxFileLines = 2000
)

// ReadFile reads a file of settings. It waits for the disk. The text of an error names the file.
func (t *Table) ReadFile(path string) ([]Given, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer fs.File(file).Close()
	b, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	return t.ParseFile(path, string(b))
}

// ParseFile is ReadFile for a text; path is for errors.
func (t *Table) ParseFile(path, text string) (list []Given, err error) {
	if len(text) > maxFileBytes {
		return nil, &Error{path, "more than " + strconv.Itoa(maxFileBytes) + " bytes"}
	}
	l := line{path: path}
	text = strings.TrimPrefix(text, "\uFEFF") // editors of Windows put it there
	for text != "" {
		l.text, text, _ = strings.Cut(text, "\n")
		l.text = strings.TrimSuffix(l.text, "\r")
		if l.number++; l.number > maxFileLines {
			return nil, l.fail(0, "more than "+strconv.Itoa(maxFileLines)+" lines")
		}
		name, err := l.name()
		if err == nil && name == "" {
			continue
		}
		if err == nil {
			err = t.admit(&l, name, list)
		}
		var g Given
		if err == nil {
			g, err = l.given(name)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// admit tells whether a name may stand in the line.
func (t *Table) admit(l *line, name string, before []Given) error {
	s := t.Find(name)
	if s == nil {
		return l.fail(l.begin, "unknown setting "+quote(name))
	}
	if s.Outer {
		return l.fail(l.begin, name+" cannot stand in the file")
	}
	for _, b := range before {
		if b.Name == name {
			return l.fail(l.begin, name+" stands in "+b.From+" already")
		}
	}
	return nil
}

// line is a line that is taken apart.
type line struct {
	path, text string
	number     int
	begin      int // where its name stands
}

// name is the line's first word; "" when it says nothing.
func (l *line) name() (string, error) {
	for i, r := range l.text {
		if r == utf8.RuneError && !strings.HasPrefix(l.text[i:], "\uFFFD") || r < ' ' && r != '\t' || r == 0x7F {
			return "", l.fail(i, "a control character, or bytes that are not UTF-8")
		}
	}
	l.begin = l.blanks(0)
	if l.begin == len(l.text) || l.text[l.begin] == '#' {
		return "", nil
	}
	return l.text[l.begin:l.word(l.begin)], nil
}

// given is what stands behind the name.
func (l *line) given(name string) (g Given, err error) {
	end := l.begin + len(name)
	i := l.blanks(end)
	if i == len(l.text) || l.text[i] == '#' {
		return g, l.fail(end, name+` needs a value: "" for nothing`)
	}
	g = Given{Name: name, From: "file:" + strconv.Itoa(l.number), at: l.place(i)}
	if g.Text, i, err = l.value(i); err != nil {
		return g, err
	}
	if rest := l.blanks(i); rest < len(l.text) && (rest == i || l.text[rest] != '#') {
		return g, l.fail(rest, "a value is one word, or stands in quotes")
	}
	return g, nil
}

func (l *line) blanks(i int) int {
	for i < len(l.text) && (l.text[i] == ' ' || l.text[i] == '\t') {
		i++
	}
	return i
}

func (l *line) word(i int) int {
	for i < len(l.text) && l.text[i] != ' ' && l.text[i] != '\t' {
		i++
	}
	return i
}

// value reads a word, or what stands in quotes, and tells where it ends.
func (l *line) value(i int) (string, int, error) {
	if l.text[i] != '"' {
		end := l.word(i)
		if n := strings.IndexByte(l.text[i:end], '"'); n >= 0 {
			return "", 0, l.fail(i+n, "a quote within a word")
		}
		return l.text[i:end], end, nil
	}
	var b strings.Builder
	for at := i + 1; at < len(l.text); at++ {
		switch c := l.text[at]; {
		case c == '"':
			return b.String(), at + 1, nil
		case c == '\\' && at+1 < len(l.text) && (l.text[at+1] == '"' || l.text[at+1] == '\\'):
			at++
			b.WriteByte(l.text[at])
		case c == '\\':
			return "", 0, l.fail(at, `a backslash stands before a quote or a backslash only`)
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, l.fail(i, "the quote does not end")
}

// place is where byte i of the line stands; columns count characters from 1.
func (l *line) place(i int) string {
	return l.path + ":" + strconv.Itoa(l.number) + ":" + strconv.Itoa(utf8.RuneCountInString(l.text[:i])+1)
}

func (l *line) fail(i int, text string) error { return &Error{l.place(i), text} }

// appendWord appends a value as a file has it.
func appendWord(b []byte, text string) []byte {
	if text != "" && text[0] != '#' && !strings.ContainsAny(text, " \t\"") {
		return append(b, text...)
	}
	return append(b, quoted(text)...)
}

// quoted is a text in quotes.
func quoted(text string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), `"`, `\"`) + `"`
}
