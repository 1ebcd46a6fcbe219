package blackbox

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// bystander is a client beside the rows, which sends the event "req" and gets its ack all the time, on connections of
// its own. Nothing of what the rows do may break that.
type bystander struct {
	name string
	acks atomic.Int64
	over chan struct{} // told to stop
	done chan struct{}
	mu   sync.Mutex
	why  string // it ended by itself
}

// pace is the time between two events of a bystander.
const pace = 10 * time.Millisecond

// attend puts a bystander of each transport beside a program.
func (g *gateway) attend() {
	for name, f := range map[string]func(*bystander, *exchange){"polling": poller, "websocket": streamer} {
		b := &bystander{name: name, over: make(chan struct{}), done: make(chan struct{})}
		g.stands = append(g.stands, b)
		go b.run(g, f)
	}
	g.watched()
}

func (b *bystander) run(g *gateway, f func(*bystander, *exchange)) {
	x := &exchange{g: g}
	defer close(b.done)
	defer func() {
		if why, ok := recover().(failure); ok {
			b.mu.Lock()
			b.why = string(why)
			b.mu.Unlock()
		}
		defer func() { _ = recover() }() // the program may be gone
		x.finish()
	}()
	f(b, x)
}

func (b *bystander) stopped() bool {
	select {
	case <-b.over:
		return true
	default:
		return false
	}
}

func (b *bystander) stop() {
	close(b.over)
	<-b.done
}

// streamer is the bystander on a WebSocket.
func streamer(b *bystander, x *exchange) {
	w := x.joined()
	for n := 0; !b.stopped(); n++ {
		_ = w.SetDeadline(time.Now().Add(patience()))
		w.send(text(fmt.Sprintf(`42%d["req"]`, n)))
		want := fmt.Sprintf(`43%d["hello world"]`, n)
		for {
			_, m, how := w.read()
			if how != "" {
				x.fail("the connection ended: %s", how)
			}
			if m == want {
				break
			}
			x.fail("%.100q instead of %s", m, want)
		}
		b.acks.Add(1)
		time.Sleep(pace)
	}
}

// poller is the bystander that polls, on one connection.
func poller(b *bystander, x *exchange) {
	s := x.poll4().joined()
	c, used := x.dial(), time.Now()
	for n := 0; !b.stopped(); n++ {
		if time.Since(used) > time.Second { // this machine was busy: the server may have closed it, as idle
			c.end()
			c = x.dial()
		}
		_ = c.SetDeadline(time.Now().Add(patience()))
		used = time.Now()
		if a := c.ask("POST", s.target, fmt.Sprintf(`42%d["req"]`, n)); a.status != 200 {
			x.fail("POST: %s", a.short())
		}
		for want := fmt.Sprintf(`43%d["hello world"]`, n); want != ""; {
			a := c.ask("GET", s.target, "")
			if a.status != 200 {
				x.fail("GET: %s", a.short())
			}
			for p := range strings.SplitSeq(a.body, "\x1e") {
				switch {
				case p == want:
					want = ""
				case p == "2":
					c.ask("POST", s.target, "3")
				case !strings.HasPrefix(p, `42["`):
					x.fail("%.100q instead of %s", p, want)
				}
			}
		}
		b.acks.Add(1)
		time.Sleep(pace)
	}
}

// watched waits until each bystander got another two acks, so that one was asked for from now on; what it returns is
// "" or what is wrong.
func (g *gateway) watched() string {
	for _, b := range g.stands {
		from := b.acks.Load()
		for end := time.Now().Add(patience()); b.acks.Load() < from+2; time.Sleep(time.Millisecond) {
			b.mu.Lock()
			why := b.why
			b.mu.Unlock()
			if why != "" {
				return "the bystander (" + b.name + ") failed: " + why
			}
			if time.Now().After(end) {
				return "the bystander (" + b.name + ") gets no acks"
			}
		}
	}
	return ""
}
