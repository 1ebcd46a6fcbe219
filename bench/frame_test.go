//go:build linux

package main

import (
	"bytes"
	"testing"

	"github.com/edgesio/edgesio/webapp/ws"
)

// keep collects what a ws.Reader finds.
type keep struct{ got [][]byte }

func (k *keep) OnMessage(_ ws.OpCode, p []byte) { k.got = append(k.got, bytes.Clone(p)) }
func (k *keep) OnPing([]byte)                   {}
func (k *keep) OnPong([]byte)                   {}
func (k *keep) OnClose(ws.StatusCode, []byte)   {}

func TestServersReadOurFrames(t *testing.T) {
	for _, n := range []int{0, 5, 125, 126, 65535, 65536} {
		var k keep
		var r ws.Reader
		if err := r.Feed(appendBinary(appendText(nil, fill(n)), fill(n)), &k); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if len(k.got) != 2 || !bytes.Equal(k.got[0], fill(n)) || !bytes.Equal(k.got[1], fill(n)) {
			t.Errorf("%d bytes: %d messages", n, len(k.got))
		}
	}
}

func TestParseFrameAtAnyCut(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 65535, 65536} {
		b := ws.AppendFrame(nil, ws.OpText, fill(size))
		for _, cut := range []int{0, 1, 2, 3, 5, 9, len(b) - 1} {
			if cut >= len(b) {
				continue
			}
			if _, n, err := parseFrame(b[:cut]); n != 0 || err != nil {
				t.Errorf("%d of %d bytes: %d, %v", cut, len(b), n, err)
			}
		}
		f, n, err := parseFrame(append(b, "more"...))
		if err != nil || n != len(b) || !f.final || f.op != ws.OpText || !bytes.Equal(f.payload, fill(size)) {
			t.Errorf("%d bytes: %d %v", size, n, err)
		}
	}
}

func TestParseFrameRefuses(t *testing.T) {
	for _, b := range [][]byte{
		{0xc1, 0},          // a reserved bit
		{0x81, 0x80, 0, 0}, // masked by a server
		{0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		if _, _, err := parseFrame(b); err == nil {
			t.Errorf("% x is taken", b)
		}
	}
}

func TestPackets(t *testing.T) {
	for got, want := range map[string]string{
		string(eventPacket(10, "echo", "a")):      `4210["echo","a"]`,
		string(eventPacket(-1, "room", "r", "b")): `42["room","r","b"]`,
		string(binaryPacket(73)):                  `451-73["binary",{"_placeholder":true,"num":0}]`,
		string(pingFrame[:2]):                     "\x81\x81",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if slot, ok := slotOf([]byte(`27["x"]`)); slot != 17 || !ok {
		t.Errorf("slot %d %v", slot, ok)
	}
	for _, s := range []string{"", "1", "12", "1x[", "123["} {
		if _, ok := slotOf([]byte(s)); ok {
			t.Errorf("%q has a slot", s)
		}
	}
	b := make([]byte, 5)
	if putDigits(b, 4711); string(b) != "04711" || digits(b) != 4711 || digits([]byte("1a")) != -1 {
		t.Errorf("%s", b)
	}
}
