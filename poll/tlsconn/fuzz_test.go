package tlsconn_test

import (
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

// FuzzHandshake: whatever a peer sends, however it is split, its connection ends
// with one OnClose, and nothing is left of it.
func FuzzHandshake(f *testing.F) {
	hello := firstFlight(f)
	f.Add(hello, uint16(7))
	f.Add(append(hello[:len(hello):len(hello)], 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 40), uint16(1))
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"), uint16(3))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint16(1))
	f.Fuzz(func(t *testing.T, in []byte, at uint16) {
		r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{HandshakeTimeout: time.Second}, poll.ListenOptions{})
		p := r.k.Dial("127.0.0.1:443")
		n := min(int(at), len(in))
		p.Write(in[:n])
		check(t, r.l.Poll(0))
		p.Write(in[n:])
		check(t, r.l.Poll(0))
		p.CloseWrite()
		r.until("the end", func() bool { p.Read(); return r.all[0].closes == 1 && r.s.Stats().Running == 0 })
		if r.all[0].err == nil || r.all[0].got.Len() > 0 {
			t.Errorf("OnClose(%v) after %d bytes of data", r.all[0].err, r.all[0].got.Len())
		}
		p.Close()
		r.k.Sleep(r.l, 10*time.Second)
		r.end()
	})
}
