package ws

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	gobwas "github.com/gobwas/ws"
)

func TestParseHeader(t *testing.T) {
	masked := Header{Fin: true, OpCode: OpBinary, Masked: true, Mask: testMask}
	sized := func(n int64) Header { h := masked; h.Length = n; return h }
	for _, c := range []struct {
		wire string
		want Header
		n    int
		err  error
	}{
		{"", Header{}, 0, ErrShort},
		{"\x81", Header{}, 0, ErrShort},
		{"\x81\x00", Header{Fin: true, OpCode: OpText}, 2, nil},
		{"\x01\x03Hel", Header{OpCode: OpText, Length: 3}, 2, nil},
		{"\xf9\x00", Header{Fin: true, Rsv: 7, OpCode: OpPing}, 2, nil},
		{"\xc1\x00", Header{Fin: true, Rsv: 4, OpCode: OpText}, 2, nil},
		{"\x82\x7e\x00\x7e", Header{Fin: true, OpCode: OpBinary, Length: 126}, 4, nil},
		{"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", Header{Fin: true, OpCode: OpBinary, Length: 65536}, 10, nil},
		{header(0x82, 0, 125), sized(125), 6, nil},
		{header(0x82, 16, 126), sized(126), 8, nil},
		{header(0x82, 16, 65535), sized(65535), 8, nil},
		{header(0x82, 64, 65536), sized(65536), 14, nil},
		{header(0x82, 64, 1<<31-1), sized(1<<31 - 1), 14, nil},
		{header(0x82, 64, 1<<31), sized(1 << 31), 14, nil},
		{header(0x82, 64, 1<<32+4), sized(1<<32 + 4), 14, nil},
		{header(0x82, 64, 1<<63-1), sized(1<<63 - 1), 14, nil},
		{header(0x82, 64, 1<<63), Header{}, 0, ErrLengthSign},
		{header(0x82, 64, 1<<64-1), Header{}, 0, ErrLengthSign},
		{header(0x82, 64, 65535), Header{}, 0, ErrLengthForm},
		{header(0x82, 64, 0), Header{}, 0, ErrLengthForm},
		{header(0x82, 16, 125), Header{}, 0, ErrLengthForm},
	} {
		h, n, err := ParseHeader([]byte(c.wire + "x"[:min(1, c.n)]))
		if h != c.want || n != c.n || err != c.err {
			t.Errorf("% x: %+v, %d, %v", c.wire, h, n, err)
		}
		for i := range c.n {
			if h, n, err := ParseHeader([]byte(c.wire[:i])); h != (Header{}) || n != 0 || err != ErrShort {
				t.Errorf("% x cut at %d: %+v, %d, %v", c.wire, i, h, n, err)
			}
		}
	}
}

var sizes = []int{0, 1, 5, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, 1 << 17}

func TestAppendFrames(t *testing.T) {
	for _, size := range sizes {
		payload := bytes.Repeat([]byte("payload"), size/7+1)[:size]
		kept := bytes.Clone(payload)
		wire := AppendFrame([]byte("before"), OpText, payload)
		if !bytes.Equal(wire[6:], append(AppendHeader(nil, OpText, size), payload...)) {
			t.Errorf("%d bytes: AppendFrame and AppendHeader differ", size)
		}
		want, err := gobwas.CompileFrame(gobwas.NewTextFrame(payload))
		if err != nil || !bytes.Equal(wire[6:], want) || string(wire[:6]) != "before" {
			t.Errorf("%d bytes: not the frame of gobwas/ws, %v", size, err)
		}
		masked := AppendMaskedFrame([]byte("x"), OpText, testMask, payload)
		want, err = gobwas.CompileFrame(gobwas.MaskFrameWith(gobwas.NewTextFrame(payload), testMask))
		if err != nil || !bytes.Equal(masked[1:], want) || !bytes.Equal(payload, kept) {
			t.Errorf("%d bytes: not the masked frame of gobwas/ws, or the payload changed, %v", size, err)
		}
		h, n, err := ParseHeader(wire[6:])
		if err != nil || h != (Header{Fin: true, OpCode: OpText, Length: int64(size)}) || n+size != len(wire)-6 {
			t.Errorf("%d bytes: %+v, %d, %v", size, h, n, err)
		}
	}
}

func TestSpecificationExamples(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	for _, c := range []struct{ got, want string }{ // section 5.7
		{string(AppendFrame(nil, OpText, []byte("Hello"))), "\x81\x05Hello"},
		{text("Hello"), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"},
		{string(AppendFrame(nil, OpPing, []byte("Hello"))), "\x89\x05Hello"},
		{finFrame(OpPong, "Hello"), "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"},
		{string(AppendFrame(nil, OpBinary, []byte(long[:256]))), "\x82\x7e\x01\x00" + long[:256]},
		{string(AppendFrame(nil, OpBinary, []byte(long))), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + long},
	} {
		if c.got != c.want {
			t.Errorf("% x, want % x", c.got[:min(len(c.got), 16)], c.want[:min(len(c.want), 16)])
		}
	}
}

// gobwasHeader is h as gobwas/ws has it.
func gobwasHeader(h Header) gobwas.Header {
	return gobwas.Header{Fin: h.Fin, Rsv: h.Rsv, OpCode: gobwas.OpCode(h.OpCode), Masked: h.Masked, Mask: h.Mask,
		Length: h.Length}
}

// Opcodes and what they are, status codes: the values of gobwas/ws.
func TestNamesOfGobwas(t *testing.T) {
	for ours, theirs := range map[OpCode]gobwas.OpCode{
		OpContinuation: gobwas.OpContinuation, OpText: gobwas.OpText, OpBinary: gobwas.OpBinary,
		OpClose: gobwas.OpClose, OpPing: gobwas.OpPing, OpPong: gobwas.OpPong,
	} {
		if byte(ours) != byte(theirs) {
			t.Errorf("opcode %d, want %d", ours, theirs)
		}
	}
	for c := range OpCode(16) {
		if o := gobwas.OpCode(c); c.IsControl() != o.IsControl() || c.IsData() != o.IsData() ||
			c.IsReserved() != o.IsReserved() {
			t.Errorf("opcode %d is another kind", c)
		}
	}
	for ours, theirs := range map[StatusCode]gobwas.StatusCode{
		StatusNormalClosure: gobwas.StatusNormalClosure, StatusGoingAway: gobwas.StatusGoingAway,
		StatusProtocolError: gobwas.StatusProtocolError, StatusNoStatusRcvd: gobwas.StatusNoStatusRcvd,
		StatusAbnormalClosure:         gobwas.StatusAbnormalClosure,
		StatusInvalidFramePayloadData: gobwas.StatusInvalidFramePayloadData,
		StatusPolicyViolation:         gobwas.StatusPolicyViolation, StatusMessageTooBig: gobwas.StatusMessageTooBig,
		StatusInternalServerError: gobwas.StatusInternalServerError,
	} {
		if uint16(ours) != uint16(theirs) {
			t.Errorf("status %d, want %d", ours, theirs)
		}
	}
}

// Every header with every state: gobwas/ws judges likewise.
func TestRulesAgainstGobwas(t *testing.T) {
	states := []State{Server, Client, Server | Fragmented, Client | Fragmented}
	theirs := []gobwas.State{gobwas.StateServerSide, gobwas.StateClientSide,
		gobwas.StateServerSide | gobwas.StateFragmented, gobwas.StateClientSide | gobwas.StateFragmented}
	for first := range 256 {
		for _, masked := range []bool{false, true} {
			for _, length := range []int64{0, 125, 126, 1 << 40} {
				h := Header{Fin: first&fin != 0, Rsv: byte(first >> 4 & 7), OpCode: OpCode(first & 15),
					Masked: masked, Length: length}
				for i, s := range states {
					err, want := CheckHeader(h, s), gobwas.CheckHeader(gobwasHeader(h), theirs[i])
					if (err == nil) != (want == nil) {
						t.Fatalf("%+v in state %d: %v, want %v", h, s, err, want)
					}
				}
			}
		}
	}
}

func TestRules(t *testing.T) {
	ok := Header{Fin: true, OpCode: OpText, Masked: true}
	with := func(change func(*Header)) Header { h := ok; change(&h); return h }
	for _, c := range []struct {
		h    Header
		s    State
		want error
	}{
		{ok, Server, nil},
		{ok, Client, ErrMasked},
		{ok, Fragmented, ErrInsideMessage},
		{with(func(h *Header) { h.Masked = false }), Server, ErrNotMasked},
		{with(func(h *Header) { h.Masked = false }), Client, nil},
		{with(func(h *Header) { h.OpCode = OpContinuation }), Server, ErrNoMessage},
		{with(func(h *Header) { h.OpCode = OpContinuation }), Fragmented, nil},
		{with(func(h *Header) { h.OpCode = OpPing }), Fragmented, nil},
		{with(func(h *Header) { h.OpCode, h.Fin = OpPing, false }), Server, ErrControlFragmented},
		{with(func(h *Header) { h.OpCode, h.Length = OpPing, 125 }), Server, nil},
		{with(func(h *Header) { h.OpCode, h.Length = OpPing, 126 }), Server, ErrControlTooLong},
		{with(func(h *Header) { h.OpCode = 3 }), Server, ErrReservedOpCode},
		{with(func(h *Header) { h.Rsv = 1 }), Server, ErrReservedBit},
		{with(func(h *Header) { h.Rsv = 4 }), Server, ErrReservedBit},
	} {
		if err := CheckHeader(c.h, c.s); err != c.want {
			t.Errorf("%+v in state %d: %v, want %v", c.h, c.s, err, c.want)
		}
	}
}

func TestErrorsHaveCodesAndTexts(t *testing.T) {
	texts := map[string]bool{}
	for e := ErrReservedBit; e <= ErrNoMemory; e++ {
		var as Error
		if !errors.As(error(e), &as) || as != e {
			t.Errorf("%d is not an Error", e)
		}
		if !onWire(e.Code()) || texts[e.Error()] || len(e.Error()) < 10 {
			t.Errorf("%d: code %d, text %q", e, e.Code(), e)
		}
		texts[e.Error()] = true
	}
	if int(ErrNoMemory) != len(breaches)-1 {
		t.Error("breaches has rows without an Error")
	}
	for _, p := range []phase{inHeader, inPayload, stopped} {
		texts[p.String()] = true
	}
	if len(texts) != len(breaches)-1+3 {
		t.Error("phases share a name")
	}
}

func ExampleAppendFrame() {
	fmt.Printf("% x\n", AppendFrame(nil, OpText, []byte("Hello")))
	// Output: 81 05 48 65 6c 6c 6f
}
