package ws

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// W17: the public conformance groups 12 (messages of many sizes and kinds) and 13 (the same after every kind of offer):
// a client compresses a message and cuts it into frames, the Reader takes it, and it goes back through a Deflater as
// the terms allow. Every case is 6 messages instead of 1000, one of them fed by the octet if it is not too long.

// groupSizes are the 18 rows of both groups: bytes of a message, bytes of a frame of it or 0 for one frame.
var groupSizes = [][2]int{
	{16, 0}, {64, 0}, {256, 0}, {1024, 0}, {4096, 0}, {8192, 0}, {16384, 0}, {32768, 0}, {65536, 0}, {131072, 0},
	{8192, 256}, {16384, 256}, {32768, 256}, {65536, 256}, {131072, 256}, {131072, 1024}, {131072, 4096},
	{131072, 32768},
}

func TestConformanceOfCompression(t *testing.T) {
	const pmd = "permessage-deflate"
	kinds := []struct {
		op   OpCode
		kind int
	}{{OpText, 0}, {OpBinary, 1}, {OpText, 2}, {OpText, 3}, {OpText, 4}}
	for i, k := range kinds {
		for row, size := range groupSizes {
			exchange(t, fmt.Sprintf("12.%d.%d", i+1, row+1), pmd, k.op, k.kind, size)
		}
	}
	for i, offer := range []string{
		pmd,
		pmd + "; server_no_context_takeover",
		pmd + "; server_max_window_bits=9",
		pmd + "; server_max_window_bits=15",
		pmd + "; server_no_context_takeover; server_max_window_bits=9",
		pmd + "; server_no_context_takeover; server_max_window_bits=15",
		pmd + "; server_no_context_takeover; server_max_window_bits=9, " + pmd + "; server_no_context_takeover, " + pmd,
	} {
		for row, size := range groupSizes {
			exchange(t, fmt.Sprintf("13.%d.%d", i+1, row+1), offer, OpText, 0, size)
		}
	}
}

// exchange is one case.
func exchange(t *testing.T, id, offer string, op OpCode, kind int, size [2]int) {
	terms, refused := NegotiateDeflate(offer)
	answer := string(terms.AppendLine(nil))
	if refused != nil || !strings.HasPrefix(answer, accepted) ||
		strings.Contains(answer, "bits=9") != strings.Contains(offer, "bits=9") {
		t.Fatalf("%s: %v, %q", id, refused, answer)
	}
	random := rand.New(rand.NewPCG(uint64(size[0]), uint64(kind)))
	limits := deflating(size[0]+64, 1024) // noise gets longer when it is compressed
	var d Deflater
	r := NewReader(limits, Deflate)
	messages := 6
	if testing.Short() {
		messages = 1
	}
	for i := range messages {
		message := groupMessage(random, kind, size[0])
		wire := []byte(fragmented(op, squeezed(1+i, message), max(size[1], 1)))
		if size[1] == 0 {
			wire = []byte(finFrame(op, squeezed(1+i, message)))
		}
		wire[0] |= rsv1
		pieces := []string{string(wire)}
		if i == 0 && len(wire) < 5000 {
			pieces = octets(string(wire), 1)
		}
		h := echoer{d: &d, terms: terms}
		for _, piece := range pieces {
			if err := r.Feed([]byte(piece), &h); err != nil {
				t.Fatalf("%s: %v", id, err)
			}
		}
		if got := h.received(t, terms); got != message {
			t.Fatalf("%s: %d bytes, %d came back", id, len(message), len(got))
		}
	}
	if r.Unfinished() || cap(r.spill()) > 0 {
		t.Fatalf("%s: a message is left", id)
	}
}

// echoer answers with what it got, compressed.
type echoer struct {
	discard
	d     *Deflater
	terms Terms
	out   []byte
}

func (e *echoer) OnMessage(op OpCode, payload []byte) {
	e.out = AppendFrame(e.out, op, payload)
	if e.d.Takes(e.out, e.terms) {
		e.out = e.d.Compress(e.out, 0)
	}
}

// received reads the answer as the client does, which has a window as small as it asked for.
func (e *echoer) received(t *testing.T, terms Terms) string {
	t.Helper()
	h, n, err := ParseHeader(e.out)
	if err != nil {
		t.Fatal(err)
	}
	payload := string(e.out[n:])
	if h.Rsv == 0 {
		return payload
	}
	out, err := inflated(payload)
	if err != nil || len(out) > 1<<terms.Window && terms.Window < maxWindow {
		t.Fatalf("%v, %d bytes for a window of %d bits", err, len(out), terms.Window)
	}
	return string(out)
}

// groupMessage is a message of n bytes: JSON, noise, prose, markup, or text beyond ASCII.
func groupMessage(random *rand.Rand, kind, n int) string {
	var b strings.Builder
	for b.Len() < n {
		switch kind {
		case 0:
			fmt.Fprintf(&b, `{"id":%d,"at":"2026-01-%02d","values":[%d,%d]},`, b.Len(), random.IntN(31),
				random.IntN(1000), random.IntN(1000))
		case 1:
			b.WriteByte(byte(random.Uint32()))
		case 2:
			b.WriteString([]string{"the ", "loop ", "waits ", "for ", "bytes ", "and ", "frames "}[random.IntN(7)])
		case 3:
			fmt.Fprintf(&b, "<tr class=\"row\"><td>%d</td></tr>\n", random.IntN(1<<20))
		default:
			b.WriteString(string(rune(0x3b1 + random.IntN(24)))) // two bytes each
		}
	}
	return b.String()[:n]
}
