package trim

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Trace copies a log to out, with the traces of goroutines in it as the whole program would have written them but for
// the arguments: names are still short, calls that were inlined are there again, and each has its file and line, where
// the trimmed program had but "?:0 +0x1a4". A trace that a log line has quoted is written as lines. Whole is the
// program as it was linked, of the same version. Where two functions have one short name, both places are told. The
// error is the log's or the writer's, or says why whole has no lines.
func Trace(out io.Writer, log io.Reader, whole []byte) (err error) {
	defer damaged(&err)
	l, err := linesOf(whole)
	if err != nil {
		return err
	}
	in := bufio.NewReader(log)
	for {
		text, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if strings.Contains(text, `\n\t?:0`) {
			text = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\"`, `"`).Replace(text)
		}
		for line := range strings.Lines(text) {
			if _, err := io.WriteString(out, l.next(line)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			_, err = io.WriteString(out, l.held)
			return err
		}
	}
}

// lines finds the lines of a program by what its trimmed twin says.
type lines struct {
	*tables
	named map[string][]function // those with a name in traces
	twin  *writer               // what the twin has
	held  string                // a line that is not written yet: the next may say where it is
	fault bool                  // the next place is that of an instruction that failed, not behind a call
}

func linesOf(whole []byte) (*lines, error) {
	f, err := open(whole)
	if err != nil {
		return nil, err
	}
	t, err := readTables(f)
	if err != nil {
		return nil, err
	}
	if t.mod(modFiles+1) == 0 {
		return nil, errors.New("the lines are not in a trimmed program")
	}
	l := &lines{tables: t, named: make(map[string][]function), twin: newWriter(t)}
	for i := range t.count {
		f := t.function(i)
		name := short(t.name(t.ByteOrder.Uint32(f.fixed[funcName:])))
		if name == "runtime.gopanic" {
			name = "panic" // as traces have it
		}
		l.named[printed(name)] = append(l.named[printed(name)], f)
	}
	return l, nil
}

var noPlace = regexp.MustCompile(`^(\s*)\?:0 \+0x([0-9a-f]+)`)

// next takes a line of the log and gives what can be written now.
func (l *lines) next(line string) string {
	before := l.held
	m := noPlace.FindStringSubmatch(line)
	if m == nil {
		l.held = line
		l.fault = l.fault || strings.HasPrefix(line, "[signal ")
		return before
	}
	l.held = ""
	name, creator := called(before)
	off, err := strconv.ParseUint(m[2], 16, 32)
	found := l.named[name]
	if err != nil || len(found) == 0 {
		return before + line
	}
	if !l.fault {
		off-- // of the call that will return there
	}
	l.fault = false
	rest := strings.TrimPrefix(line, m[1]+"?:0")
	if creator {
		return before + m[1] + l.place(found[0], uint32(off)) + rest
	}
	inner, at := l.inlined(found[0], uint32(off), m[1])
	place := l.place(found[0], at)
	for _, f := range found[1:] {
		_, at := l.inlined(f, uint32(off), "")
		inner, place = "", place+" or "+l.place(f, at)
	}
	return inner + before + m[1] + place + rest
}

// inlined gives the calls that were inlined into f at an offset, the innermost first, and the offset of f's own code
// that made them. The twin has told of those that it knows.
func (l *lines) inlined(f function, off uint32, indent string) (text string, at uint32) {
	if len(f.pcdata) <= pcInlined || len(f.funcdata) <= dataInlined || f.funcdata[dataInlined] == none {
		return "", off
	}
	tree := l.twin.data(f.funcdata[dataInlined])
	told := l.twin.keepsInlined(f)
	for {
		i := l.value(f.pcdata[pcInlined], off)
		if i < 0 || int(i) >= len(tree)/inlinedSize {
			return text, off
		}
		call := tree[i*inlinedSize:]
		if !told {
			name := printed(short(l.name(l.ByteOrder.Uint32(call[4:]))))
			text += name + "(...)\n" + indent + l.place(f, off) + "\n"
		}
		off = l.ByteOrder.Uint32(call[8:])
	}
}

// place is the file and line of the code at an offset from a function's beginning.
func (l *lines) place(f function, off uint32) string {
	u32 := l.ByteOrder.Uint32
	file := l.value(u32(f.fixed[funcFile:]), off)
	line := l.value(u32(f.fixed[funcLine:]), off)
	unit := uint64(u32(f.fixed[funcUnit:])) + uint64(file)
	if file < 0 || line < 0 || unit >= uint64(len(l.units)/4) || uint64(u32(l.units[unit*4:])) >= uint64(len(l.files)) {
		return "?:0"
	}
	path, _, _ := bytes.Cut(l.files[u32(l.units[unit*4:]):], []byte{0})
	return fmt.Sprintf("%s:%d", path, line)
}

// value is what a series has for the code at an offset, -1 where it has nothing.
func (l *lines) value(series, off uint32) int32 {
	if series == 0 {
		return -1
	}
	value, end := int32(-1), uint64(0)
	for p := l.series(series); len(p) > 1; {
		by, n := binary.Uvarint(p)
		length, m := binary.Uvarint(p[n:])
		p = p[n+m:]
		value += int32(by>>1) ^ -int32(by&1)
		if end += length * uint64(l.quantum); uint64(off) < end {
			return value
		}
	}
	return -1
}

// called is the name of the function in a line of a trace, and whether it made the goroutine.
func called(line string) (name string, creator bool) {
	line = strings.TrimSpace(line)
	if by, ok := strings.CutPrefix(line, "created by "); ok {
		name, _, _ = strings.Cut(by, " in goroutine ")
		return name, true
	}
	if at := strings.LastIndexByte(line, '('); at > 0 && strings.HasSuffix(line, ")") {
		return line[:at], false
	}
	return "", false
}

// printed is a name as traces have it: the runtime leaves out type arguments.
func printed(name string) string {
	if from, to := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']'); from >= 0 && from < to {
		return name[:from] + "[...]" + name[to+1:]
	}
	return name
}
