package rfc6455

import (
	"bytes"
	"compress/flate"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll/polltest"
)

var full = flag.Bool("rfc6455.full", false, "1000 messages in each case of groups 12 and 13, as the public suite sends")

// talk is a case of group 12 or 13: messages of one size that come back, each sent when the one before is there.
type talk struct {
	row
	data          string
	op            byte
	size, cut     int    // octets of a message, and of a frame of it once it is compressed; 0 for one frame
	offer, answer string // Sec-WebSocket-Extensions
	window        int    // bits that the server may look back, 15 if it was not told
}

// messageSizes are the 18 cases of each part of the groups.
var messageSizes = [][2]int{
	{16, 0}, {64, 0}, {256, 0}, {1024, 0}, {4096, 0}, {8192, 0}, {16384, 0}, {32768, 0}, {65536, 0}, {131072, 0},
	{8192, 256}, {16384, 256}, {32768, 256}, {65536, 256}, {131072, 256}, {131072, 1024}, {131072, 4096}, {131072, 32768},
}

// Every offer of the public suite's client says that it can do without context and with a window that it is told.
const (
	base = "permessage-deflate; client_no_context_takeover; client_max_window_bits"
	noSC = "; server_no_context_takeover"
	bits = "; server_max_window_bits="
	ours = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
)

var offers = []struct {
	offer, answer string
	window        int
}{
	{base, ours, 15},
	{base + noSC, ours, 15},
	{base + bits + "9", ours + bits + "9", 9},
	{base + bits + "15", ours + bits + "15", 15},
	{base + noSC + bits + "9", ours + bits + "9", 9},
	{base + noSC + bits + "15", ours + bits + "15", 15},
	{base + noSC + bits + "9, " + base + noSC + ", " + base, ours + bits + "9", 9},
}

func talks() (all []talk) {
	add := func(id, what, data, offer, answer string, op byte, window int) {
		for i, s := range messageSizes {
			how := "one frame each"
			if s[1] > 0 {
				how = fmt.Sprintf("frames of %d", s[1])
			}
			r := row{id: fmt.Sprintf("%s.%d", id, i+1), section: "RFC 7692, 7",
				what: fmt.Sprintf("%d octets of %s, %s", s[0], what, how), end: "close 1000", asks: true}
			all = append(all, talk{r, data, op, s[0], s[1], offer, answer, window})
		}
	}
	for i, m := range material() {
		add(fmt.Sprintf("12.%d", i+1), m.what, m.data, base, ours, m.op, 15)
	}
	for i, o := range offers {
		add(fmt.Sprintf("13.%d", i+1), "JSON, offered `"+strings.ReplaceAll(o.offer, base, "...")+"`", material()[0].data,
			o.offer, o.answer, opText, o.window)
	}
	return all
}

// material is what the messages are cut from, as unlike as the public suite's files: JSON, a bitmap, prose, markup, and
// a document of text and noise. All that goes as text is ASCII.
func material() []struct {
	what, data string
	op         byte
} {
	random := rand.New(rand.NewPCG(1, 2))
	var json, bitmap, prose, markup, document strings.Builder
	words := strings.Fields("the loop waits for bytes and frames while a gateway sleeps between two turns of its clock")
	for json.Len() < 200<<10 {
		fmt.Fprintf(&json, `{"id":%d,"at":"2026-01-%02d","values":[%d,%d],"name":"%s"},`, json.Len(), random.IntN(31),
			random.IntN(1000), random.IntN(1000), words[random.IntN(len(words))])
		fmt.Fprintf(&markup, "<tr class=\"%s\"><td>%d</td><td>%x</td></tr>\n", words[random.IntN(len(words))],
			random.IntN(1<<20), random.Uint32())
		for range 12 {
			prose.WriteString(words[random.IntN(len(words))] + " ")
		}
		for i := range 70 {
			bitmap.WriteByte(byte(100 + i/2 + random.IntN(8)))
		}
		document.WriteString("BT /F1 12 Tf 72 712 Td ET ")
		for range 50 {
			document.WriteByte(byte(random.Uint32()))
		}
	}
	return []struct {
		what, data string
		op         byte
	}{{"JSON", json.String(), opText}, {"a bitmap", bitmap.String(), opBinary}, {"prose", prose.String(), opBinary},
		{"markup", markup.String(), opText}, {"a document", document.String(), opBinary}}
}

// compressionRows are the cases as rows of the table.
func compressionRows() (rows []row) {
	for _, k := range talks() {
		k.want = []event{{"each of them", ""}}
		rows = append(rows, k.row)
	}
	return rows
}

// messages is how many are sent.
func (k *talk) messages() int {
	n := min(max(512<<10/k.size, 4), 1000)
	switch {
	case *full:
		return 1000
	case testing.Short():
		return max(n/8, 2)
	}
	return n
}

// next is a message: as the public suite does, one starts where the one before ended.
func (k *talk) next(i int) string {
	at := i * k.size % len(k.data)
	if rest := k.data[at:]; len(rest) >= k.size {
		return rest[:k.size]
	}
	return k.data[at:] + k.data[:k.size-(len(k.data)-at)]
}

// play is one case: an error, or "" and how many messages came back compressed.
func (k *talk) play(t testing.TB, h *host, count int) (fault string, dense int) {
	t.Helper()
	l := h.dial(t)
	defer l.hangUp()
	answer, rest := open(t, l, plain, k.offer)
	if answer != k.answer {
		return fmt.Sprintf("answer %q, want %q", answer, k.answer), 0
	}
	p := &player{l: l}
	p.deflate = &inflater{window: k.window}
	p.feed(rest)
	for i := range count {
		message := k.next(i)
		wire := []byte(fragments(k.op, pressed(message, i), k.cut))
		wire[0] |= rsv1
		l.send(string(wire))
		p.await(1)
		if len(p.events) != 1 || p.events[0].kind != kinds[k.op] || p.events[0].payload != message {
			return fmt.Sprintf("message %d: %s", i, transcript(p.events)), dense
		}
		p.events = p.events[:0]
	}
	l.send(closing(1000, ""))
	for p.end == "" {
		p.read()
	}
	if got := transcript(p.events); got != k.expected() {
		return got, p.deflate.messages
	}
	return "", p.deflate.messages
}

// pressers are compressors of all levels in turns: what they write differs in its blocks.
var pressers = map[int]*flate.Writer{}

var levels = []int{1, 6, 9, 0, 1, -2, 3, 1} // -2 is Huffman codes alone, 0 stored blocks

// pressed is a message as RFC 7692, section 7.2.1, has it, without what was before (client_no_context_takeover).
func pressed(message string, i int) string {
	level := levels[i%len(levels)]
	var out bytes.Buffer
	w := pressers[level]
	if w == nil {
		w = must(flate.NewWriter(nil, level))
		pressers[level] = w
	}
	w.Reset(&out)
	io.WriteString(w, message)
	w.Flush()
	return strings.TrimSuffix(out.String(), "\x00\x00\xff\xff")
}

// inflater is the client's side: of a server with server_no_context_takeover, whose messages do not look further back
// than the window. A message that fits into the window cannot.
type inflater struct {
	window   int
	messages int
	reader   io.ReadCloser
}

func (z *inflater) inflate(message []byte) ([]byte, error) {
	z.messages++
	in := io.MultiReader(bytes.NewReader(message), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))
	if z.reader == nil {
		z.reader = flate.NewReader(in)
	} else if err := z.reader.(flate.Resetter).Reset(in, nil); err != nil {
		return nil, err
	}
	out, err := io.ReadAll(z.reader)
	if err == nil && z.window < 15 && len(out) > 1<<z.window {
		return nil, fmt.Errorf("%d octets compressed for a window of %d bits", len(out), z.window)
	}
	return out, err
}

// TestCompressionInMemory has two messages of each case, on a kernel that reads and writes short.
func TestCompressionInMemory(t *testing.T) {
	h := newHost(t, polltest.New(2, polltest.Faults{ShortRead: 0.2, ShortWrite: 0.2, EAGAIN: 0.1, EINTR: 0.05}))
	for _, k := range talks() {
		if testing.Short() && k.size > 16384 {
			continue
		}
		if fault, _ := k.play(t, h, 2); fault != "" {
			t.Errorf("%s: %s", k.id, fault)
		}
	}
}

// A window of 8 bits, which older editions of the public suite ask for in 13.3, 13.5 and 13.7.
func TestSmallestWindow(t *testing.T) {
	h := newHost(t, polltest.New(3, polltest.Faults{}))
	for _, k := range talks() {
		if k.window == 9 && (k.size <= 1024 || !testing.Short()) {
			k.offer, k.answer = strings.ReplaceAll(k.offer, "=9", "=8"), strings.ReplaceAll(k.answer, "=9", "=8")
			k.window = 8
			if fault, dense := k.play(t, h, 8); fault != "" || k.size == 256 && dense < 4 || k.size > 256 && dense > 0 {
				t.Errorf("%s with 8 bits: %s, %d compressed", k.id, fault, dense)
			}
		}
	}
}
