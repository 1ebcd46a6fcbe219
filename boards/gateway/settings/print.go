package settings

import "strings"

// AppendFile appends the settings in force as a file, with where each comes from as a comment. A program that reads it
// has the same settings.
func (t *Table) AppendFile(b []byte) []byte {
	const nameColumn, valueColumn = 24, 24
	for i := range t.Settings {
		s := &t.Settings[i]
		if s.Outer {
			continue
		}
		b = pad(append(b, s.Name...), len(s.Name), nameColumn)
		n := len(b)
		b = appendWord(b, s.Value.String())
		b = pad(b, len(b)-n, valueColumn)
		b = append(append(append(b, "# "...), s.from...), '\n')
	}
	return b
}

// pad appends blanks up to a column, one at least.
func pad(b []byte, n, column int) []byte {
	for b = append(b, ' '); n+1 < column; n++ {
		b = append(b, ' ')
	}
	return b
}

// helpColumns is how wide the help text is.
const helpColumns = 100

// AppendHelp appends a paragraph for each setting and each switch.
func (t *Table) AppendHelp(b []byte) []byte {
	for i := range t.Settings {
		s := &t.Settings[i]
		b = append(b, "  -"+s.Name+" "+s.Unit...)
		if s.Def != "" {
			b = append(b, " (default "+s.Def+")"...)
		}
		b = appendWrapped(append(b, '\n'), s.Doc+s.Change.note())
	}
	for _, s := range t.Switches {
		b = appendWrapped(append(b, "  -"+s.Name+"\n"...), s.Doc)
	}
	return b
}

func (c Change) note() string {
	switch c {
	case Live:
		return " [SIGHUP]"
	case Restart:
		return " [restart]"
	}
	return ""
}

// appendWrapped appends a text as lines of at most helpColumns.
func appendWrapped(b []byte, text string) []byte {
	const indent = "        "
	column := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case column == 0:
			b = append(b, indent...)
			column = len(indent)
		case column+1+len(word) > helpColumns:
			b = append(append(b, '\n'), indent...)
			column = len(indent)
		default:
			b = append(b, ' ')
			column++
		}
		b = append(b, word...)
		column += len(word)
	}
	return append(b, '\n')
}
