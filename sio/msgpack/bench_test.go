package msgpack

import (
	"bytes"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/sio"
)

// messages are what clients send and get, from one word to many.
var messages = []struct{ name, wire string }{
	{"event", upToData + "92 a46563686f a5 68656c6c6f"},
	{"request", "84 a474797065 02 a464617461 92 a3726571 84 a26964 cd1234 a474656d70 cb4035800000000000 a26f6e c3" +
		"a46e616d65 a6 6b656c6c6572 a36e7370 a12f a26964 0c"},
	{"bytes", upToData + "92 a46563686f c50400" + strings.Repeat("5a", 1024)},
	{"numbers", upToData + "dc0401 a46563686f" + strings.Repeat("cd1234 ff cb3ff8000000000000 7f", 256)},
	{"text", upToData + "92 a46563686f da1000" + strings.Repeat("61626320", 1024)},
}

func BenchmarkParse(b *testing.B) {
	for _, m := range messages {
		b.Run(m.name, func(b *testing.B) {
			p, wire, out := New(Options{}), unhex(b, m.wire), new(sio.WirePacket)
			b.SetBytes(int64(len(wire)))
			b.ReportAllocs()
			for b.Loop() {
				room := out.Payload[:0]
				*out = sio.WirePacket{Payload: room}
				if err := p.ParsePacket(wire, true, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, m := range messages {
		p := New(Options{})
		in, err := parse(b, p, unhex(b, m.wire))
		if err != nil {
			b.Fatal(err)
		}
		in.Payload = bytes.Clone(in.Payload)
		for _, room := range []string{"", " from nothing"} {
			b.Run(m.name+room, func(b *testing.B) {
				var wire []byte
				b.ReportAllocs()
				for b.Loop() {
					if wire, _, err = p.AppendPacket(wire[:0], in); err != nil {
						b.Fatal(err)
					}
					if room != "" {
						wire = nil
					}
				}
			})
		}
	}
}
