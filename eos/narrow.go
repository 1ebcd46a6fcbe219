package eos

import (
	"fmt"
	"io"
	"strings"
)

// Bounds of a file that narrows.
const (
	maxNarrowBytes = 64 << 10 // several times the file that denies every row
	maxNarrowLines = 2000
)

// Narrow takes rights away, as a file says. Each line denies one row to one mode:
//
//	# what this gateway does without
//	socket.io.socket.compress user deny
//	router/npfctl.* privilege deny
//
// A row is the module, a dot and the API, as the table has them; the mode is
// "user" or "privilege"; the third word is "deny". Words stand apart by blanks or
// tabs; empty lines and lines that start with # are skipped. Anything that would
// widen ("allow") is an error, as are unknown rows, unknown modes, a row that is
// denied twice, and more than 64 kB. After an error nothing is applied; the error
// is a *FileError with line and column. What the platform denies already may be
// denied again.
func (m *Matrix) Narrow(r io.Reader) error {
	text, err := readFile(r, "matrix", maxNarrowBytes)
	if err != nil {
		return err
	}
	next := m.allowed
	var denied [2]Set
	lines := lineReader{what: "matrix", text: text, maxLines: maxNarrowLines}
	for lines.next() {
		a, mode, err := narrowLine(&lines)
		if err != nil {
			return err
		}
		if denied[mode].Has(a) {
			return lines.fail(0, "the row is denied twice")
		}
		denied[mode].Add(a)
		next[mode].Remove(a)
	}
	if lines.err != nil {
		return lines.err
	}
	m.allowed = next
	return nil
}

func narrowLine(l *lineReader) (API, Mode, error) {
	if len(l.words) != 3 {
		return 0, 0, l.fail(0, fmt.Sprintf("want 3 words (row, mode, deny), have %d", len(l.words)))
	}
	a, ok := rowNamed(l.words[0].text)
	if !ok {
		return 0, 0, l.fail(0, "unknown row "+quote(l.words[0].text))
	}
	var mode Mode
	switch l.words[1].text {
	case "user":
		mode = UserMode
	case "privilege":
		mode = PrivilegeMode
	default:
		return 0, 0, l.fail(1, "unknown mode "+quote(l.words[1].text)+": want user or privilege")
	}
	switch l.words[2].text {
	case "deny":
		return a, mode, nil
	case "allow":
		return 0, 0, l.fail(2, "a file cannot widen the matrix: only deny")
	}
	return 0, 0, l.fail(2, "unknown word "+quote(l.words[2].text)+": want deny")
}

// rowNamed finds the row that a file names.
func rowNamed(full string) (API, bool) {
	for i := range platformRows {
		name, ok := strings.CutPrefix(full, platformRows[i].module+".")
		if ok && name == platformRows[i].name {
			return API(i), true
		}
	}
	return 0, false
}
