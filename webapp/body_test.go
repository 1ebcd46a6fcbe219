package webapp

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// mirror answers with the request's body.
type mirror struct {
	limit int
	calls int
	err   error
}

func (m *mirror) handle(req *Request, _ *Response) { req.ReadBody(m.limit, m) }

func (m *mirror) OnBody(req *Request, res *Response, body []byte, err error) {
	m.calls++
	m.err = err
	if err != nil {
		res.Fail(err)
		return
	}
	res.Set("X-Path", req.Path()) // the request is still valid
	res.SendBytes(body)
}

func chunk(parts ...string) string {
	var b strings.Builder
	b.WriteString("POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "%x;ext\r\n%s\r\n", len(p), p)
	}
	b.WriteString("0\r\nX-Trailer: y\r\n\r\n")
	return b.String()
}

// TestBody sends bodies cut at every byte, with a pipelined request behind.
func TestBody(t *testing.T) {
	m := &mirror{limit: 100}
	r := newRig(t, Options{}, func(app *App) {
		app.Post("/:kind", m.handle)
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	c := r.dial()
	for _, all := range []string{chunk("hello ", "w", "orld"), request("POST", "/counted", "hello world")} {
		all += get("/")
		for cut := range len(all) {
			c.send(all[:cut])
			r.settle()
			c.send(all[cut:])
			path := c.want(200, "hello world").Header.Get("X-Path")
			if path != "/chunked" && path != "/counted" {
				t.Fatal(path)
			}
			c.want(200, "hello")
		}
		c.sendSplit(all, 1).want(200, "hello world")
		c.want(200, "hello")
	}
	c.send(request("POST", "/none", "")).want(200, "")
	c.send(request("POST", "/full", strings.Repeat("x", 100))).want(200, strings.Repeat("x", 100))
}

func TestBodyTooLarge(t *testing.T) {
	m := &mirror{limit: 100}
	r := newRig(t, Options{MaxBodyBytes: 1 << 20, DrainBytes: 1000}, func(app *App) {
		app.Post("/", m.handle)
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	c := r.dial()
	// A little over the limit: the rest is dropped and the connection goes on.
	c.send(request("POST", "/", strings.Repeat("x", 101)) + get("/"))
	c.want(413, ErrBodyTooLarge.Message)
	c.want(200, "hello")
	c.sendSplit(request("POST", "/", strings.Repeat("x", 500))+get("/"), 100)
	c.want(413, ErrBodyTooLarge.Message)
	c.want(200, "hello")
	c.sendSplit(strings.Replace(chunk(strings.Repeat("x", 300)), "/chunked", "/", 1)+get("/"), 40)
	c.want(413, ErrBodyTooLarge.Message)
	c.want(200, "hello")
	c.Close()

	// Far over: known at once, closed with the answer.
	for _, length := range []string{"1101", "1048576", "1048577", "2147483648", "4294967301", "18446744073709551615"} {
		c = r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n")
		if res := c.want(413, ErrBodyTooLarge.Message); !res.Close {
			t.Errorf("%s: the connection stays", length)
		}
		c.closed()
	}
	// Chunks without end.
	c = r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	for range 200 {
		c.send("10\r\n0123456789abcdef\r\n")
		r.settle()
	}
	c.want(413, ErrBodyTooLarge.Message)
	c.closed()
}

func TestBodyRefused(t *testing.T) {
	m := &mirror{limit: 100}
	r := newRig(t, Options{}, func(app *App) { app.Post("/", m.handle) })
	for _, v := range chunkVectors {
		if v.status < 400 {
			continue
		}
		for _, split := range []int{len(v.wire), 100} {
			c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
			for wire := v.wire; len(wire) > 0 && !c.Ended(); {
				n := min(split, len(wire))
				c.send(wire[:n])
				wire = wire[n:]
				r.settle()
			}
			if res := c.next("POST"); res.StatusCode != v.status || !res.Close {
				t.Errorf("%s: %d", v.name, res.StatusCode)
			}
			c.closed()
		}
	}
	c := r.dial().send(request("POST", "/", "\x1f\x8b", "Content-Encoding: gzip"))
	c.want(415, ErrBodyEncoding.Message)
	c.Close()
}

// TestBodyAborted: H18, a body that breaks off. Each receiver is told once.
func TestBodyAborted(t *testing.T) {
	for _, end := range []func(c *client){(*client).CloseWrite, (*client).Reset, (*client).Close} {
		m := &mirror{limit: 100}
		r := newRig(t, Options{}, func(app *App) { app.Post("/", m.handle) })
		c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel")
		c.open()
		end(c)
		r.run("the receiver is told", func() bool { return m.calls == 1 })
		if m.err != ErrAborted {
			t.Error(m.err)
		}
		r.k.Sleep(r.loop, time.Minute)
		if m.calls != 1 {
			t.Error("told twice")
		}
	}
}

func TestExpect(t *testing.T) {
	m := &mirror{limit: 100}
	r := newRig(t, Options{}, func(app *App) {
		app.Post("/", m.handle)
		app.Post("/no", func(_ *Request, res *Response) { res.Status(403).End("no") })
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	head := "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
	c := r.dial().send(head)
	r.run("100 Continue", func() bool { c.got = append(c.got, c.Read()...); return len(c.got) > 0 })
	if string(c.got) != "HTTP/1.1 100 Continue\r\n\r\n" {
		t.Fatalf("%q", c.got)
	}
	c.got = nil
	c.send("hello").want(200, "hello")
	c.send(head+"hello").want(200, "hello") // it did not wait
	c.send(get("/", "Expect: 100-continue")).want(200, "hello")

	// Refused without reading: whether the body comes is not known.
	c.send(strings.Replace(head, "/", "/no", 1))
	if res := c.want(403, "no"); !res.Close {
		t.Error("the connection stays")
	}
	c.closed()
}

// TestBodyLater asks for the body in a later turn.
func TestBodyLater(t *testing.T) {
	m := &mirror{limit: 1 << 20}
	var next Next
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/", func(_ *Request, _ *Response, n Next) { next = n })
		app.Post("/", m.handle)
	})
	body := strings.Repeat("0123456789", 20<<10)
	c := r.dial().send(request("POST", "/", body))
	c.open()
	if c.Unsent() == 0 {
		t.Error("a body that nobody asked for was read")
	}
	next(nil)
	c.want(200, body)

	// Nobody asked: the rest is dropped.
	m.limit = 10
	c.send(request("POST", "/", "short"))
	c.open()
	next(nil)
	c.want(200, "short")
}

// TestBodyTwice: the second reader is told so.
func TestBodyTwice(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Post("/", func(req *Request, res *Response) {
			req.Body(10, func(b []byte, err error) { res.Write(b) })
			req.Body(10, func(b []byte, err error) {
				if err != ErrBodyRead {
					t.Error(err)
				}
				res.End("")
			})
		})
	})
	c := r.dial().send(request("POST", "/", "hello"))
	c.want(200, "hello")
}

// TestBodyBudget: bodies that are on their way share one bound.
func TestBodyBudget(t *testing.T) {
	m := &mirror{limit: 1 << 20}
	r := newRig(t, Options{MaxUploadBytes: 300 << 10}, func(app *App) { app.Post("/", m.handle) })
	var all []*client
	for range 8 {
		all = append(all, r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60001\r\n\r\n"))
	}
	for range 60 {
		for _, c := range all {
			c.send(strings.Repeat("x", 1000))
		}
		r.settle()
	}
	refused, bytes := 0, r.server().Stats().UploadBytes
	if bytes > 300<<10 || bytes < 100<<10 {
		t.Errorf("%d bytes are held", bytes)
	}
	for _, c := range all {
		if c.send("x"); c.next("POST").StatusCode == 503 {
			refused++
		}
		c.Close()
	}
	if refused == 0 || refused == len(all) {
		t.Errorf("%d refused", refused)
	}
	if n := r.server().Stats().UploadBytes; n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
