package blackbox

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// exchange is a row at work: the program that it goes to, and what it must leave behind.
type exchange struct {
	t     *testing.T
	g     *gateway
	want  string // the verdict that should come
	home  home
	dials int
	mu    sync.Mutex
	conns []*conn
	sids  []string // open sessions that poll, with their path
}

// failure is what a helper panics with: the row's verdict.
type failure string

func (x *exchange) fail(format string, args ...any) {
	panic(failure(fmt.Sprintf(format, args...)))
}

// finish leaves nothing open.
func (x *exchange) finish() {
	for _, c := range x.conns {
		c.end()
	}
	x.conns = nil
	for _, target := range x.sids {
		body := "1"
		switch {
		case strings.Contains(target, "&j="):
			body = "d=1"
		case !strings.Contains(target, "EIO=4&"):
			body = "1:1"
		}
		x.ask("POST", target, body)
	}
}

// conn is a connection; what is sent goes out in order and beside what is read.
type conn struct {
	net.Conn
	x    *exchange
	r    *bufio.Reader
	out  chan func()
	gone chan struct{}
	once sync.Once

	header http.Header // of the last answerOnly
}

func (x *exchange) dial() *conn {
	d := net.Dialer{Timeout: patience(), LocalAddr: x.home.next()}
	raw, err := d.Dial("tcp", x.g.addr)
	if err != nil {
		x.fail("no connection: %v", err)
	}
	x.dials++
	return x.adopt(raw)
}

func (x *exchange) adopt(raw net.Conn) *conn {
	_ = raw.SetDeadline(time.Now().Add(patience()))
	c := &conn{Conn: raw, x: x, r: bufio.NewReader(raw), out: make(chan func(), 1<<10), gone: make(chan struct{})}
	x.mu.Lock()
	x.conns = append(x.conns, c)
	x.mu.Unlock()
	go func() {
		for {
			select {
			case f := <-c.out:
				f()
			case <-c.gone:
				return
			}
		}
	}()
	return c
}

// send queues bytes; that the peer does not take them shows in what it answers.
func (c *conn) send(s string) *conn {
	c.do(func() { _, _ = io.WriteString(c.Conn, s) })
	return c
}

// sendSplit sends in segments of n bytes.
func (c *conn) sendSplit(s string, n int) *conn {
	c.do(func() {
		for len(s) > 0 {
			k := min(n, len(s))
			if _, err := io.WriteString(c.Conn, s[:k]); err != nil {
				return
			}
			s = s[k:]
		}
	})
	return c
}

func (c *conn) do(f func()) {
	select {
	case c.out <- f:
	case <-c.gone:
	}
}

// finished waits until all that was queued is written.
func (c *conn) finished() *conn {
	done := make(chan struct{})
	c.do(func() { close(done) })
	select {
	case <-done:
	case <-c.gone:
	}
	return c
}

// fin closes our half, reset cuts the connection, behind what was queued.
func (c *conn) fin() *conn {
	c.do(func() { _ = c.tcp().CloseWrite() })
	return c
}

func (c *conn) reset() {
	c.finished()
	_ = c.tcp().SetLinger(0)
	c.end()
}

func (c *conn) tcp() *net.TCPConn {
	if t, ok := c.Conn.(*tls.Conn); ok {
		return t.NetConn().(*net.TCPConn)
	}
	return c.Conn.(*net.TCPConn)
}

func (c *conn) end() {
	c.once.Do(func() {
		close(c.gone)
		_ = c.Close()
	})
}

// late tells whether an error of reading is that nothing came, and not that the peer ended it.
func late(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// answer is a response with its body.
type answer struct {
	status int
	body   string
	header http.Header
}

// answer reads a response; ok is false when the connection ended instead.
func (c *conn) answer(method string) (a answer, ok bool) {
	res, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		if late(err) {
			c.x.fail("no answer")
		}
		return a, false
	}
	b, err := io.ReadAll(res.Body)
	if late(err) {
		c.x.fail("half an answer")
	}
	return answer{res.StatusCode, string(b), res.Header}, true
}

// probe is a request that every state of a connection that is open for requests has an answer to.
const probe = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// verdict is the statuses of the answers, and whether the connection is open for another request then.
func (c *conn) verdict() string {
	var b strings.Builder
	open := strings.HasSuffix(c.x.want, "open")
	expected := strings.Count(c.x.want, " ")
	if n, _, ok := strings.Cut(c.x.want, " x "); ok {
		expected, _ = strconv.Atoi(n)
	}
	var statuses []int
	if open && expected == 0 {
		c.send(probe)
	}
	for {
		a, ok := c.answer("GET")
		switch {
		case !ok:
			b.WriteString(counted(statuses) + "close")
			return b.String()
		case open && len(statuses) == expected:
			if a.status != 200 {
				return fmt.Sprint(counted(statuses), "and then ", a.status)
			}
			return counted(statuses) + "open"
		}
		if statuses = append(statuses, a.status); a.status == 101 {
			return counted(statuses) + "switched"
		}
		if open && len(statuses) == expected {
			c.send(probe)
		}
	}
}

// counted is statuses in a row, many of the same as a number.
func counted(statuses []int) string {
	if n := len(statuses); n > 9 {
		for _, s := range statuses {
			if s != statuses[0] {
				return fmt.Sprintf("%d and %d among %d ", statuses[0], s, n)
			}
		}
		return fmt.Sprintf("%d x %d ", n, statuses[0])
	}
	var b strings.Builder
	for _, s := range statuses {
		fmt.Fprint(&b, s, " ")
	}
	return b.String()
}

// ask sends a request on a connection of its own and returns the answer.
func (x *exchange) ask(method, target, body string, lines ...string) answer {
	c := x.dial()
	defer c.end()
	return c.ask(method, target, body, append(lines, "Connection: close")...)
}

func (c *conn) ask(method, target, body string, lines ...string) answer {
	a, ok := c.tell(method, target, body, lines...).answer(method)
	if !ok {
		return answer{body: "cut off"}
	}
	return a
}

// tell sends a request and does not wait.
func (c *conn) tell(method, target, body string, lines ...string) *conn {
	head := method + " " + target + " HTTP/1.1\r\nHost: a\r\n"
	for _, l := range lines {
		head += l + "\r\n"
	}
	if method == "POST" || body != "" {
		head += fmt.Sprint("Content-Length: ", len(body), "\r\n")
	}
	return c.send(head + "\r\n" + body)
}
