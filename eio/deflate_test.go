package eio

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

var dense = Options{PerMessageDeflate: &Deflate{}}

const (
	offer  = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
	answer = "{sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover}"
)

// The recording def.deflate of the reference, which answers what it was asked: we always start each message afresh.
func TestTalkDeflate(t *testing.T) {
	talk(t, dense, []conversation{
		{"def.deflate", "negotiation", `
			a: ws 4 {Sec-WebSocket-Extensions: permessage-deflate} -> switch ` + answer + `
			b: ws 4 {Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits} -> switch ` + answer + `
			c: ws 3 {Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10} -> switch ` +
			strings.Replace(answer, "}", "; server_max_window_bits=10}", 1) + `
			d: ws 4 {Sec-WebSocket-Extensions: x-webkit-deflate-frame} -> switch
			e: ws 4 {Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7} -> switch
			f: ws 4 {Sec-WebSocket-Extensions: permessage-deflate;} -> plain "Invalid or unacceptable ` +
			`Sec-WebSocket-Extensions header"
			f -> end`},
		{"deflate.refused-first", "a request that is no handshake says so first", `
			a: ws 4 {-Sec-WebSocket-Key} {Sec-WebSocket-Extensions: ;} -> plain ` +
			`"Missing or invalid Sec-WebSocket-Key header"`},
		{"deflate.in", "compressed messages, cut and whole, beside plain ones", `
			w: ws 4 {` + offer + `} -> switch ` + answer + `
			w -> greeting
			# "4Hello", as one block of fixed codes
			w: send xc18800000000 x32f148cdc9c90700 -> text "4Hello"
			w: text "4plain" -> text "4plain"
			w: send x418300000000 x32f148 -> nothing
			w: send x808500000000 xcdc9c90700 -> text "4Hello"`},
		{"deflate.bad", "what is not compressed data", `
			a: ws 4 {` + offer + `} -> switch ` + answer + `
			a -> greeting
			a: send xc18100000000 x06 -> close 1007
			reason transport error
			b: ws 4 {` + offer + `} -> switch ` + answer + `
			b -> greeting
			b: send x418100000000 x00 xc08000000000 -> close 1002
			reason transport error
			c: ws 4 {` + offer + `} -> switch ` + answer + `
			c -> greeting
			c: send xc98000000000 -> close 1002
			d: ws 4 -> switch
			d -> greeting
			d: send xc18800000000 x32f148cdc9c90700 -> close 1002`},
	})
}

// cutDense takes a server's frame off b and inflates it if it is compressed.
func cutDense(t testing.TB, b []byte) (op ws.OpCode, payload, rest []byte, compressed bool) {
	t.Helper()
	h, n, err := ws.ParseHeader(b)
	if err != nil || int64(len(b)-n) < h.Length {
		t.Fatalf("no frame: %.40q", b)
	}
	end := n + int(h.Length)
	payload, rest = b[n:end], b[end:]
	if h.Rsv == 0 {
		return h.OpCode, payload, rest, false
	}
	tail := "\x00\x00\xff\xff\x01\x00\x00\xff\xff"
	payload, err = io.ReadAll(flate.NewReader(strings.NewReader(string(payload) + tail)))
	if err != nil || h.Rsv != 4 || !h.Fin {
		t.Fatalf("%+v: %v", h, err)
	}
	return h.OpCode, payload, rest, true
}

// squeeze is a compressed frame as a client sends it.
func squeeze(op ws.OpCode, payload string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	io.WriteString(w, payload)
	w.Flush()
	frame := masked(op, b.String()[:b.Len()-4])
	frame[0] |= 0x40
	return frame
}

// drain turns the loop and returns what the peer got.
func drain(r *rig, p *polltest.Peer) (got []byte) {
	r.Helper()
	for range 12 {
		r.settle()
		got = append(got, p.Read()...)
	}
	return got
}

// TestDenseForms: a session gets the same message whether it is compressed or not, sent or broadcast, and it is
// compressed exactly when the client, the threshold and the caller let it.
func TestDenseForms(t *testing.T) {
	for _, threshold := range []int{0, 200, 5000} {
		r := newRig(t, 1, quietly, Options{PerMessageDeflate: &Deflate{Threshold: threshold}})
		var m Message
		for _, window := range []string{"none", "", "; server_max_window_bits=11"} {
			for _, form := range wireForms {
				var lines []string
				if window != "none" {
					lines = []string{"Sec-WebSocket-Extensions: permessage-deflate" + window}
				}
				p, s := r.openWS(form, lines...)
				for _, size := range sizes {
					for i := range 8 {
						binary, shared, plain := i&1 > 0, i&2 > 0, i&4 > 0
						denseForm(r, p, s, &m, fill(size, 'x'), binary, shared, plain, window)
					}
				}
			}
		}
		r.finish()
	}
}

func denseForm(
	r *rig, p *polltest.Peer, s *Session, m *Message, data []byte, binary, shared, plain bool, window string,
) {
	r.Helper()
	switch m.Reset(data, binary); {
	case shared:
		if plain {
			m.Plain()
		}
		s.SendMessage(m)
	case plain:
		s.SendPlain(data, binary)
	default:
		s.Send(data, binary)
	}
	whole := packet{kind: packetMessage, binary: binary, data: data}
	frame := appendFrame(nil, whole, formOf(binary, s.protocol, s.base64))
	wantOp, want, _, _ := cutFrame(frame)
	got := drain(r, p)
	op, payload, rest, compressed := cutDense(r, got)
	may := !plain && window != "none" && len(want) >= r.engine.options.PerMessageDeflate.Threshold &&
		(window == "" || len(want) <= 2048)
	name := fmt.Sprintf("%d bytes, binary %v, shared %v, plain %v, window %s", len(data), binary, shared, plain, window)
	if op != wantOp || !bytes.Equal(payload, want) || len(rest) > 0 || len(got) > len(frame) {
		r.Fatalf("%s: %.20q..., want %.20q...", name, payload, want)
	}
	if compressed && !may || may && !compressed {
		r.Errorf("%s: compressed is %v", name, compressed)
	}
}

// A broadcast is compressed once for all.
func TestDenseOnce(t *testing.T) {
	r := newRig(t, 1, quietly, dense)
	_, a := r.openWS("EIO=4", offer)
	_, b := r.openWS("EIO=4", offer)
	var m Message
	m.Reset(fill(5000, 'x'), false)
	a.SendMessage(&m)
	first := m.frame(r.engine, a.ws.terms, formPlain)
	b.SendMessage(&m)
	if again := m.frame(r.engine, b.ws.terms, formPlain); &again[0] != &first[0] || len(again) > 100 {
		t.Error("compressed again, or not at all")
	}
	r.finish()
}

// W16 in a session: a bomb, and a message that is too big only when it is inflated.
func TestDenseLimit(t *testing.T) {
	o := dense
	o.MaxHTTPBufferSize = 1000
	for size, want := range map[int]ws.StatusCode{999: 0, 1000: ws.StatusMessageTooBig, 1 << 20: ws.StatusMessageTooBig} {
		r := newRig(t, 1, quietly, o)
		p, s := r.openWS("EIO=4", offer)
		p.Write(squeeze(ws.OpText, "4"+strings.Repeat("a", size)))
		op, payload, _, _ := cutDense(t, drain(r, p))
		switch {
		case want == 0 && (op != ws.OpText || len(payload) != size+1):
			t.Errorf("%d bytes: %.40q", size, payload)
		case want != 0 && (op != ws.OpClose || s.Open() || !bytes.Equal(payload, []byte{3, 0xf1})):
			t.Errorf("%d bytes: %v %.40q", size, op, payload)
		}
		r.finish()
	}
}

// A session that moves to a WebSocket is compressed there, what waited for a poll included, unless it was plain.
func TestDenseUpgrade(t *testing.T) {
	r := newRig(t, 1, quietly, dense)
	s := r.openPoll("EIO=4")
	p := r.dial()
	request(p, "GET", strings.Replace(target(s), "polling", "websocket", 1), nil, append(upgradeLines, offer)...)
	drain(r, p)
	p.Write(text("2probe"))
	drain(r, p)
	s.Send(fill(3000, 'a'), false)
	s.SendPlain(fill(3000, 'b'), false)
	p.Write(text("5"))
	b := drain(r, p)
	for _, want := range []bool{true, false} {
		var payload []byte
		var compressed bool
		if _, payload, b, compressed = cutDense(t, b); compressed != want || len(payload) != 3001 {
			t.Errorf("%.10q... compressed: %v", payload, compressed)
		}
	}
	r.finish()
}

// A polling answer of plain messages only is not compressed either.
func TestPlainOverPolling(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	var m Message
	for i, want := range []bool{true, false, false, true, true} {
		s := r.openPoll("EIO=4")
		m.Reset(fill(3000, 'c'), false)
		m.Plain()
		switch i {
		case 0:
			s.Send(fill(3000, 'a'), false)
		case 1:
			s.SendPlain(fill(3000, 'a'), false)
		case 2:
			s.SendMessage(&m)
		case 3:
			s.SendPlain(fill(3000, 'a'), false)
			s.Send([]byte("b"), false)
		case 4:
			s.SendPlain(fill(10, 'a'), false)
			r.answerOf(s)
			s.Send(fill(3000, 'a'), false)
		}
		p := r.dial()
		request(p, "GET", target(s), nil, "Accept-Encoding: gzip")
		if got := strings.Contains(string(drain(r, p)), "Content-Encoding: gzip"); got != want {
			t.Errorf("%d: compressed is %v", i, got)
		}
	}
	r.finish()
}

// A large initial packet is no plain message.
func TestInitialPacketIsCompressed(t *testing.T) {
	r := newRig(t, 1, quietly, Options{InitialPacket: string(fill(3000, 'i'))})
	p := r.dial()
	request(p, "GET", "/engine.io/?EIO=4&transport=polling", nil, "Accept-Encoding: gzip")
	if got := string(drain(r, p)); !strings.Contains(got, "Content-Encoding: gzip") {
		t.Errorf("%.200q", got)
	}
	r.finish()
}

func TestDeflateOptions(t *testing.T) {
	given := &Deflate{}
	o, err := Options{PerMessageDeflate: given}.withDefaults()
	if err != nil || o.PerMessageDeflate.Threshold != 1024 || given.Threshold != 0 {
		t.Errorf("%v, %+v, %+v", err, o.PerMessageDeflate, given)
	}
	if _, err := (Options{PerMessageDeflate: &Deflate{Threshold: -1}}).withDefaults(); err == nil {
		t.Error("a negative threshold is accepted")
	}
	if o, _ := (Options{}).withDefaults(); o.PerMessageDeflate != nil {
		t.Error("on without being asked for")
	}
}
