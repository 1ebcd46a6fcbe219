package trim

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Trace copies a log to out, with the traces of goroutines in it as the whole program would have written them but for
// the arguments: names are still short, calls that were inlined are there again, and each has its file and line, where
// the trimmed program had but "?:0 +0x1a4". What a logger has put before each line of a trace stays; a trace that one
// log line has quoted is written as lines. Whole is the program as it was linked, of the same version. Where two
// functions have one short name, both places are told. Lines that are of no trace stay as they are. The error is the
// log's or the writer's, or says why whole has no lines.
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
		behind := ""
		if strings.Contains(text, `\n\t?:0`) {
			text = unquote.Replace(text)
			ends := strings.LastIndexByte(text[:len(text)-1], '\n') + 1
			text, behind = text[:ends], text[ends:] // a quotation mark, or half a line that syslog has cut
		}
		for line := range strings.Lines(text) {
			if _, err := io.WriteString(out, l.next(line)); err != nil {
				return err
			}
		}
		if behind != "" {
			if _, err := io.WriteString(out, l.held()+behind); err != nil {
				return err
			}
		}
		if err == io.EOF {
			_, err = io.WriteString(out, l.held())
			return err
		}
	}
}

var unquote = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\"`, `"`)

// lines finds the lines of a program by what its trimmed twin says.
type lines struct {
	*tables
	named   map[string][]function // those with a name in traces
	twin    *writer               // what the twin has
	within  []inlined             // not written yet: who called them comes next
	line    string                // not written yet: the next may say where it is
	failure failure
}

// inlined is a call that was inlined: its two lines in the log, or its place.
type inlined struct{ name, text string }

func linesOf(whole []byte) (*lines, error) {
	t, err := tablesOf(whole)
	if err != nil {
		return nil, err
	}
	l := &lines{tables: t, named: make(map[string][]function), twin: newWriter(t)}
	for i := range t.count {
		f := t.function(i)
		name := printed(short(t.name(t.ByteOrder.Uint32(f.fixed[funcName:]))))
		if name == "runtime.gopanic" {
			name = "panic" // as traces have it
		}
		l.named[name] = append(l.named[name], f)
	}
	return l, nil
}

// held takes what is not written yet.
func (l *lines) held() (text string) {
	for _, call := range l.within {
		text += call.text
	}
	text += l.line
	l.within, l.line = nil, ""
	return text
}

const nowhere = "?:0" // a place that is not known

// noPlace is the line below a call: what a logger has put before it, and the offset. An inlined call has none, nor has
// a function's first instruction.
var noPlace = regexp.MustCompile(`^(.*?)\?:0(?: \+0x([0-9a-f]+))?(?:["\s]|$)`)

// next takes a line of the log and gives what can be written now.
func (l *lines) next(line string) (before string) {
	m := noPlace.FindStringSubmatch(line)
	if m == nil {
		if l.line != "" {
			before = l.held()
		}
		l.line = line
		l.failure.heard(line)
		return before
	}
	call := l.line
	name, creator := l.called(call)
	if m[2] == "" && strings.Contains(call, name+"(...)") {
		l.within, l.line = append(l.within, inlined{name, call + line}), ""
		return ""
	}
	off, err := strconv.ParseUint("0"+m[2], 16, 32)
	if err != nil || len(l.named[name]) == 0 {
		return l.held() + line
	}
	if exact := l.failure.at(name); off > 0 && !exact {
		off-- // of the call that will return there
	}
	inner, place := l.find(name, uint32(off), creator)
	at := strings.LastIndex(call, name)
	end := line[len(strings.TrimRight(line, "\r\n")):]
	for _, call := range inner {
		if len(l.within) > 0 && l.within[0].name == call.name { // the twin has told of it, without the place
			l.within = l.within[1:]
		}
		before += l.line[:at] + call.name + "(...)" + end + m[1] + call.text + end
	}
	return before + l.held() + m[1] + place + strings.TrimPrefix(line, m[1]+nowhere)
}

// find gives the place of what a function's code at an offset has called, and the calls in between that were inlined,
// the innermost first.
func (l *lines) find(name string, off uint32, creator bool) (inner []inlined, place string) {
	for _, f := range l.named[name] {
		at, here := off, []inlined(nil)
		if !creator {
			here, at = l.inlined(f, off)
		}
		switch told := l.place(f, at); {
		case told == nowhere: // it is not that long
		case place == "":
			inner, place = here, told
		default:
			inner, place = nil, place+" or "+told
		}
	}
	if place == "" {
		place = nowhere
	}
	return inner, place
}

// inlined gives the calls that were inlined into f at an offset, the innermost first, and the offset of f's own code
// that made them.
func (l *lines) inlined(f function, off uint32) (calls []inlined, at uint32) {
	if len(f.pcdata) <= pcInlined || len(f.funcdata) <= dataInlined || f.funcdata[dataInlined] == none {
		return nil, off
	}
	tree := l.twin.data(f.funcdata[dataInlined])
	for {
		i := l.value(f.pcdata[pcInlined], off)
		if i < 0 || int(i) >= len(tree)/inlinedSize {
			return calls, off
		}
		call := tree[i*inlinedSize:]
		calls = append(calls, inlined{printed(short(l.name(l.ByteOrder.Uint32(call[4:])))), l.place(f, off)})
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
		return nowhere
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
func (l *lines) called(line string) (name string, creator bool) {
	name = strings.TrimSpace(line)
	if _, by, ok := strings.Cut(name, "created by "); ok {
		name, _, _ = strings.Cut(by, " in goroutine ")
		return name, true
	}
	at := strings.LastIndexByte(name, '(')
	if at < 0 || !strings.HasSuffix(name, ")") {
		return "", false
	}
	for name = name[:at]; ; name = name[at+1:] { // behind what a logger has put there
		if at = strings.IndexByte(name, ' '); at < 0 || len(l.named[name]) > 0 {
			return name, false
		}
	}
}

// failure follows what a log says of an instruction that failed, or was interrupted: its function's place is that of
// the instruction, where others have what is behind the call.
type failure struct {
	thrown bool // as a panic: the function behind it has the instruction
	next   bool // the next function has it
}

// heard takes a line that is no place.
func (f *failure) heard(line string) {
	switch {
	case strings.Contains(line, "[signal "): // printed behind the panics' values
		f.next, f.thrown = true, true
	case strings.Contains(line, "PC=0x"): // SIGQUIT and what the runtime does not survive
		f.next = true
	default:
		f.thrown = f.thrown || strings.Contains(line, "invalid memory address or nil pointer dereference")
	}
}

// at tells whether the next function in a trace is at the instruction.
func (f *failure) at(name string) (exact bool) {
	switch name {
	case "panic":
		f.next, f.thrown = f.thrown, false
	case "runtime.throw", "runtime.panicmem", "runtime.panicmemAddr":
	case "runtime.sigpanic", "runtime.asyncPreempt":
		f.next = true
	default:
		exact, f.next = f.next, false
	}
	return exact
}

// printed is a name as traces have it: the runtime leaves out type arguments.
func printed(name string) string {
	if from, to := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']'); from >= 0 && from < to {
		return name[:from] + "[...]" + name[to+1:]
	}
	return name
}
