package poll

import (
	"net"
	"testing"
	"time"
)

type echoHandler struct{ closed chan error }

func (e *echoHandler) OnData(c *Conn, b []byte)   { c.Write(b) }
func (e *echoHandler) OnDrain(*Conn)              {}
func (e *echoHandler) OnClose(_ *Conn, err error) { e.closed <- err }

func TestEchoSmoke(t *testing.T) {
	l, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := &echoHandler{make(chan error, 1)}
	ln, err := l.Listen(ListenOptions{Address: "127.0.0.1:0", Accept: func(*Conn) Handler { return h }})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	go func() {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			done <- err.Error()
			return
		}
		big := make([]byte, 1<<20)
		go c.Write(big)
		n := 0
		b := make([]byte, 1<<16)
		for n < len(big) {
			k, err := c.Read(b)
			if err != nil {
				done <- err.Error()
				return
			}
			n += k
		}
		c.Close()
		done <- "ok"
	}()
	res := ""
	for res == "" || len(h.closed) == 0 {
		l.Poll(50 * time.Millisecond)
		select {
		case res = <-done:
		default:
		}
	}
	if res != "ok" {
		t.Fatal(res)
	}
	if err := <-h.closed; err == nil || err.Error() != "EOF" {
		t.Fatal(err)
	}
	l.Poll(0)
	if s := l.Stats(); s.Conns != 0 || s.OutBytes != 0 {
		t.Fatalf("%+v", s)
	}
	l.Close()
}
