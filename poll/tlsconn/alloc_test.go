//go:build !race

package tlsconn_test

import (
	"testing"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

// Sealing and writing allocates nothing of ours; crypto/tls takes its record from
// a pool.
func TestWriteDoesNotAllocate(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{}, poll.ListenOptions{})
	c := r.dial(one().config("gateway.test"), func(*client) error { return nil })
	check(t, r.run(c))
	r.until("the handshake's end", func() bool { return r.s.Stats().Done == 1 && r.all[0].c.Buffered() == 0 })
	message := pattern(300)
	n := testing.AllocsPerRun(500, func() {
		r.all[0].c.Write(message)
		check(t, r.l.Poll(0))
		c.peer.Read()
	})
	t.Logf("%v allocations per message", n)
	if n > 1 {
		t.Errorf("%v allocations per message", n)
	}
	r.end()
}
