package sio

// A strict JSON scanner (RFC 8259, UTF-8 only) that checks a payload in one pass and notes where its parts are:
// the elements of the outer array and the placeholders of attachments. It builds no values and, once its slices have
// grown, allocates nothing. Keys such as __proto__ are data like any other.

const (
	maxDepth = 128  // nested arrays and objects, the outer array included
	maxArgs  = 4096 // elements of the outer array, the event name included
)

// span is one element of the outer array: data[start:end].
type span struct{ start, end uint32 }

// placeholder is one {"_placeholder":true,"num":N} object in a payload: data[start:end] stands for attachment num.
type placeholder struct {
	start, end uint32
	num        int32
}

// What the value that comes next means to the object that holds it.
const (
	keyOther uint8 = iota
	keyPlaceholder
	keyNum
)

// frame is one open array or object.
type frame struct {
	start  uint32
	num    int32 // the object's "num", or -1 when it is not a small integer
	object bool
	marked bool  // the object has "_placeholder":true
	key    uint8 // whose value comes next
}

// scanner holds the position in a payload and the stack of open containers. It is about 2 kB; a server has one for
// input. The zero value is ready.
type scanner struct {
	data  []byte
	pos   int
	depth int
	first int // where the current element of the outer array began

	args  []span        // elements of the outer array
	marks []placeholder // placeholders, in order of position
	// maxMarks is the number of placeholders that are accepted; 0 means that placeholders are plain data, as they are
	// in packets without attachments.
	maxMarks int
	// attachments is the number that a placeholder must stay below.
	attachments int

	stack [maxDepth]frame
}

// scan checks that b is exactly one JSON value, with blanks after it at most, and fills args and marks. b is only
// looked at during the call; the spans are offsets into it.
func (s *scanner) scan(b []byte, attachments, maxMarks int) error {
	s.data, s.pos, s.depth = b, 0, 0
	s.args, s.marks = s.args[:0], s.marks[:0]
	s.attachments, s.maxMarks = attachments, maxMarks
	err := s.run()
	s.data = nil
	return err
}

// run is the loop of the scanner: a value, then everything that may follow a value.
func (s *scanner) run() error {
	if uint64(len(s.data)) > 1<<32-1 {
		return errJSON
	}
	if s.strings() {
		return nil
	}
	for {
		opened, err := s.value()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		for {
			if s.depth == 0 {
				s.space()
				if s.pos != len(s.data) {
					return errJSON
				}
				return nil
			}
			closed, err := s.afterValue()
			if err != nil {
				return err
			}
			if !closed {
				break
			}
		}
	}
}

// strings is the short way through what most payloads are, an array of strings without blanks between them, and tells
// whether that was all. Anything else is left to the loop, which goes on from the element that is no such string.
func (s *scanner) strings() (done bool) {
	b := s.data
	if len(b) < 2 || b[0] != '[' || b[1] != '"' {
		return false
	}
	args, i := s.args, 1
	for i < len(b) && b[i] == '"' && len(args) < maxArgs {
		end, ok := scanString(b, i)
		if !ok || end == len(b) || b[end] != ',' && b[end] != ']' {
			break
		}
		args = append(args, span{uint32(i), uint32(end)})
		i = end + 1
		if b[end] == ']' {
			if done = i == len(b); !done { // blanks, or an error
				args, i = args[:len(args)-1], int(args[len(args)-1].start)
			}
			break
		}
	}
	s.args, s.pos, s.depth = args, i, 1
	s.stack[0] = frame{num: -1}
	return done
}

// value reads a scalar, an empty container, or the opening of a container up to where its first value begins;
// opened tells the last.
func (s *scanner) value() (opened bool, err error) {
	s.space()
	if s.depth == 1 {
		s.first = s.pos
	}
	if s.pos == len(s.data) {
		return false, errJSON
	}
	ok := false
	from := s.pos
	switch c := s.data[from]; c {
	case '{', '[':
		return s.open(c == '{')
	case '"':
		s.pos, ok = scanString(s.data, from)
	case 't':
		s.pos, ok = scanWord(s.data, from, "true")
	case 'f':
		s.pos, ok = scanWord(s.data, from, "false")
	case 'n':
		s.pos, ok = scanWord(s.data, from, "null")
	default:
		s.pos, ok = scanNumber(s.data, from)
	}
	if !ok {
		return false, errJSON
	}
	s.scalar(s.data[from:s.pos])
	return false, nil
}

// noScalar stands for a container as the value of "num" or "_placeholder": it makes no placeholder.
var noScalar = []byte{0}

// scalar notes the value of the two keys that make a placeholder. The last one of equal keys counts, as in JavaScript.
func (s *scanner) scalar(v []byte) {
	if s.depth == 0 {
		return
	}
	switch f := &s.stack[s.depth-1]; f.key {
	case keyPlaceholder:
		f.marked = v[0] == 't'
	case keyNum:
		f.num = smallInt(v)
	}
}

// open pushes a container and reads up to its first value, or over the end of an empty one.
func (s *scanner) open(object bool) (opened bool, err error) {
	if s.depth == maxDepth {
		return false, errDepth
	}
	s.scalar(noScalar)
	s.stack[s.depth] = frame{start: uint32(s.pos), num: -1, object: object}
	s.depth++
	s.pos++
	s.space()
	if s.pos == len(s.data) {
		return false, errJSON
	}
	switch c := s.data[s.pos]; {
	case object && c == '}', !object && c == ']':
		s.pos++
		return false, s.pop()
	case object:
		return true, s.key()
	}
	return true, nil
}

// key reads a key and its colon.
func (s *scanner) key() error {
	from := s.pos
	if from == len(s.data) || s.data[from] != '"' {
		return errJSON
	}
	end, ok := scanString(s.data, from)
	if !ok {
		return errJSON
	}
	f := &s.stack[s.depth-1]
	f.key = keyOther
	if s.maxMarks > 0 {
		switch name := s.data[from+1 : end-1]; {
		case equalString(name, "_placeholder"):
			f.key = keyPlaceholder
		case equalString(name, "num"):
			f.key = keyNum
		}
	}
	s.pos = end
	s.space()
	if s.pos == len(s.data) || s.data[s.pos] != ':' {
		return errJSON
	}
	s.pos++
	return nil
}

// afterValue reads what follows a value inside a container: a comma (and the next key), or the container's end, which
// ends a value in turn.
func (s *scanner) afterValue() (closed bool, err error) {
	f := &s.stack[s.depth-1]
	if s.depth == 1 && !f.object {
		if len(s.args) == maxArgs {
			return false, errTooManyArgs
		}
		s.args = append(s.args, span{uint32(s.first), uint32(s.pos)})
	}
	s.space()
	if s.pos == len(s.data) {
		return false, errJSON
	}
	c := s.data[s.pos]
	s.pos++
	switch {
	case c == ',' && f.object:
		s.space()
		return false, s.key()
	case c == ',':
		return false, nil
	case c == '}' && f.object, c == ']' && !f.object:
		return true, s.pop()
	}
	return false, errJSON
}

// pop closes the innermost container. An object with "_placeholder":true becomes a mark that replaces the marks inside
// it: the reference looks no deeper either.
func (s *scanner) pop() error {
	s.depth--
	f := &s.stack[s.depth]
	if !f.marked {
		return nil
	}
	for n := len(s.marks); n > 0 && s.marks[n-1].start > f.start; n-- {
		s.marks = s.marks[:n-1]
	}
	if f.num < 0 || int(f.num) >= s.attachments || len(s.marks) == s.maxMarks {
		return errPlaceholder
	}
	s.marks = append(s.marks, placeholder{f.start, uint32(s.pos), f.num})
	return nil
}

// space skips blanks.
func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}
