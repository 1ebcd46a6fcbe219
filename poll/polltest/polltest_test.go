package polltest_test

import (
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

type echo struct{ ends []error }

func (e *echo) OnData(c *poll.Conn, b []byte)    { c.Write(b) }
func (e *echo) OnDrain(*poll.Conn)               {}
func (e *echo) OnClose(_ *poll.Conn, err error)  { e.ends = append(e.ends, err) }
func (e *echo) accept(c *poll.Conn) poll.Handler { return e }

func TestConversation(t *testing.T) {
	polltest.Seeds(t, 20, func(t *testing.T, seed uint64) {
		k := polltest.New(seed, polltest.Faults{ShortRead: 0.3, ShortWrite: 0.3, EAGAIN: 0.1, EINTR: 0.1})
		loop, err := poll.New(poll.Options{Kernel: k})
		if err != nil {
			t.Fatal(err)
		}
		h := new(echo)
		if _, err := loop.Listen(poll.ListenOptions{Address: "127.0.0.1:80", Accept: h.accept}); err != nil {
			t.Fatal(err)
		}
		p := k.Dial("127.0.0.1:80")
		got := ""
		p.OnData = func(b []byte) {
			if got += string(b); got == "hello" {
				p.CloseWrite()
			}
		}
		p.WriteString("hello")
		if !k.Run(loop, p.EOF, time.Minute) {
			t.Fatalf("no FIN; got %q", got)
		}
		if got != "hello" || len(h.ends) != 1 {
			t.Fatalf("got %q, %d ends", got, len(h.ends))
		}
		loop.Close()
		if err := k.Check(); err != nil {
			t.Fatal(err)
		}
	})
}
