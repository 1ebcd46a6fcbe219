package webapp

import (
	"strings"
	"testing"
	"time"
)

// sink takes a streamed body: it answers with it, or with its length.
type sink struct {
	limit  int64
	counts bool // the body is too large to be kept
	got    strings.Builder
	n      int64
	ends   int
	err    error
	onData func(req *Request, res *Response)
}

func (s *sink) handle(req *Request, _ *Response) { s.n = 0; s.got.Reset(); req.StreamBody(s.limit, s) }

func (s *sink) OnBodyData(req *Request, res *Response, p []byte) {
	if s.n += int64(len(p)); !s.counts {
		s.got.Write(p)
	}
	if s.onData != nil {
		s.onData(req, res)
	}
}

func (s *sink) OnBodyEnd(req *Request, res *Response, err error) {
	s.ends++
	if s.err = err; err != nil {
		res.Fail(err)
		return
	}
	res.Set("X-Path", req.Path())
	res.End(s.got.String())
}

// TestStreamBody cuts bodies at every byte, with a pipelined request behind, and
// pauses at every piece.
func TestStreamBody(t *testing.T) {
	for _, pausing := range []bool{false, true} {
		s := &sink{limit: 100}
		r := newRig(t, Options{}, func(app *App) {
			app.Post("/:kind", s.handle)
			app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
		})
		if pausing {
			s.onData = func(req *Request, _ *Response) {
				req.PauseBody()
				r.loop.After(10*time.Millisecond, req.ResumeBody)
			}
		}
		c := r.dial()
		for _, all := range []string{chunk("hello ", "w", "orld"), request("POST", "/counted", "hello world")} {
			all += get("/")
			for cut := range len(all) {
				c.send(all[:cut])
				r.settle()
				c.send(all[cut:])
				if path := c.want(200, "hello world").Header.Get("X-Path"); path != "/chunked" && path != "/counted" {
					t.Fatal(path)
				}
				c.want(200, "hello")
			}
		}
		c.send(request("POST", "/none", "")).want(200, "")
		c.send(request("POST", "/full", strings.Repeat("x", 100))).want(200, strings.Repeat("x", 100))
		if res := c.send(request("POST", "/over", strings.Repeat("x", 101))).next("POST"); res.StatusCode != 413 {
			t.Error(res.StatusCode)
		}
		over := strings.Replace(chunk(strings.Repeat("x", 60), strings.Repeat("x", 60)), "/chunked", "/o", 1)
		if res := c.send(over).next("POST"); res.StatusCode != 413 || s.err != ErrBodyTooLarge {
			t.Error(res.StatusCode, s.err)
		}
	}
}

// TestStreamLarge sends 64 MiB through a server that holds next to nothing.
func TestStreamLarge(t *testing.T) {
	const size = 64 << 20
	s := &sink{limit: -1, counts: true}
	r := newRig(t, Options{MaxBodyBytes: -1, MaxUploadBytes: 70 << 10}, func(app *App) { app.Post("/", s.handle) })
	most, pieces := 0, 0
	s.onData = func(req *Request, _ *Response) {
		most = max(most, r.server().Stats().UploadBytes)
		if pieces++; pieces%16 == 0 {
			req.PauseBody()
			r.loop.After(time.Minute, req.ResumeBody) // longer than BodyTimeout: pauses do not count
		}
	}
	c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 67108864\r\n\r\n")
	part := strings.Repeat("x", 1<<20)
	for range size / len(part) {
		c.send(part)
		r.k.Run(r.loop, func() bool { return c.Unsent() == 0 }, 24*time.Hour)
	}
	c.want(200, "")
	if s.n != size || most > 70<<10 {
		t.Errorf("%d bytes came, %d were held", s.n, most)
	}
}

// TestStreamBackPressure: nobody reads while the receiver pauses.
func TestStreamBackPressure(t *testing.T) {
	s := &sink{limit: -1, counts: true}
	r := newRig(t, Options{}, func(app *App) { app.Post("/", s.handle) })
	var paused *Request
	s.onData = func(req *Request, _ *Response) { req.PauseBody(); paused = req }
	c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000000))
	r.k.Sleep(r.loop, time.Hour)
	if c.Unsent() == 0 || s.n > 64<<10 {
		t.Errorf("%d bytes were taken, %d not sent", s.n, c.Unsent())
	}
	s.onData = nil
	paused.ResumeBody()
	c.want(200, "")
	if s.n != 1000000 {
		t.Error(s.n)
	}
}

// TestStreamSlow: R2. A peer below the rate is cut off, one above goes on for
// longer than BodyTimeout.
func TestStreamSlow(t *testing.T) {
	for _, perSecond := range []int{99, 101} {
		s := &sink{limit: 10000}
		r := newRig(t, Options{MinBodyRate: 100}, func(app *App) { app.Post("/", s.handle) })
		c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9090\r\n\r\n")
		for range 90 {
			if c.Ended() {
				break
			}
			c.send(strings.Repeat("x", perSecond))
			r.k.Sleep(r.loop, time.Second)
		}
		if res := c.next("POST"); perSecond > 100 && res.StatusCode != 200 || perSecond < 100 && res.StatusCode != 408 {
			t.Errorf("%d bytes a second: %d, %v", perSecond, res.StatusCode, s.err)
		}
		if s.ends != 1 {
			t.Error(s.ends, "ends")
		}
		c.Close()
	}
}

// TestStreamEnds: a stream that breaks off is told once, whatever ends it.
func TestStreamEnds(t *testing.T) {
	for i, end := range []func(c *client){(*client).CloseWrite, (*client).Reset, (*client).Close} {
		s := &sink{limit: 100}
		r := newRig(t, Options{}, func(app *App) { app.Post("/", s.handle) })
		c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel")
		c.open()
		end(c)
		r.run("the stream is told", func() bool { return s.ends == 1 })
		r.k.Sleep(r.loop, time.Minute)
		if s.ends != 1 || s.err != ErrAborted {
			t.Error(i, s.ends, s.err)
		}
	}
	// Answered in the middle: no end is told, the rest is dropped.
	s := &sink{limit: 100, onData: func(_ *Request, res *Response) { res.Status(403).End("no") }}
	r := newRig(t, Options{}, func(app *App) { app.Post("/", s.handle) })
	c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel")
	c.want(403, "no")
	c.send("lo worl")
	s.onData = nil
	c.send(request("POST", "/", "again")).want(200, "again")
	if s.ends != 1 {
		t.Error(s.ends)
	}
	// Broken framing, and a panic.
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX")
	if res := c.next("POST"); res.StatusCode != 400 || s.ends != 2 {
		t.Error(res.StatusCode, s.ends)
	}
	c.closed()
	s.onData = func(*Request, *Response) { panic("oh") }
	c = r.dial().send(request("POST", "/", "again"))
	c.want(500, "Internal Server Error")
	c.Close()
	r.settle()
}

// TestOnData, and a body that was asked for twice.
func TestOnData(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Post("/", func(req *Request, res *Response) {
			var got []byte
			req.OnData(10, func(p []byte) { got = append(got, p...) }, func(err error) { res.SendBytes(got) })
			req.OnData(10, nil, func(err error) {
				if err != ErrBodyRead {
					t.Error(err)
				}
			})
		})
	})
	r.dial().send(request("POST", "/", "hello")).want(200, "hello")
}

// TestHooks: OnHead may add a header, OnEnd is told once with what went out.
func TestHooks(t *testing.T) {
	var ends []Ending
	var status []int
	var parked *Response
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/", func(_ *Request, res *Response, next Next) {
			res.OnHead(func(res *Response) { res.Set("X-Late", res.Get("X-Early")) })
			res.OnEnd(func(res *Response, e Ending) {
				ends, status = append(ends, e), append(status, res.StatusCode())
			})
			res.OnHead(func(res *Response) { res.Set("X-Early", "early") })
			next(nil)
		})
		app.Get("/end", func(_ *Request, res *Response) { res.End("hello") })
		app.Get("/write", func(_ *Request, res *Response) { res.Write([]byte("hel")); res.End("lo") })
		app.Get("/park", func(_ *Request, res *Response) { parked = res })
		app.Get("/drop", func(_ *Request, res *Response) { res.Drop() })
		app.Get("/panic", func(_ *Request, _ *Response) { panic("oh") })
		app.Post("/body", func(req *Request, res *Response) { req.Body(5, func([]byte, error) {}) })
	})
	c := r.dial()
	for _, path := range []string{"/end", "/write"} {
		if res := c.send(get(path)).want(200, "hello"); res.Header.Get("X-Late") != "early" {
			t.Errorf("%s: %v", path, res.Header)
		}
	}
	c.send(request("HEAD", "/end", "")).next("HEAD")
	c.send(get("/none")).want(404, "Cannot GET /none")
	c.send(get("/park"))
	r.run("it is parked", func() bool { return parked != nil })
	parked.End("later")
	c.want(200, "later")
	parked = nil
	c.send(get("/panic")).want(500, "Internal Server Error")
	c.send("POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nX").next("POST")
	r.dial().send(get("/drop")).closed()
	c = r.dial().send(get("/park"))
	r.run("it is parked", func() bool { return parked != nil })
	c.Reset()
	r.run("the end", func() bool { return len(ends) == 9 })
	want := []Ending{
		{5, true}, {5, true}, {0, true}, {16, true}, {5, true}, {21, true}, {20, true}, {0, false}, {0, false},
	}
	codes := []int{200, 200, 200, 404, 200, 500, 400, 200, 200}
	for i := range want {
		if ends[i] != want[i] || status[i] != codes[i] {
			t.Errorf("%d: %+v %d, want %+v %d", i, ends[i], status[i], want[i], codes[i])
		}
	}
}

// TestHookPanics: neither hook takes more than its own exchange.
func TestHookPanics(t *testing.T) {
	told := 0
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/head", func(_ *Request, res *Response) {
			res.OnEnd(func(*Response, Ending) { told++ })
			res.OnHead(func(*Response) { panic("oh") })
			res.End("hello")
		})
		app.Get("/end", func(_ *Request, res *Response) {
			res.OnEnd(func(*Response, Ending) { panic("oh") })
			res.OnEnd(func(*Response, Ending) { told++ })
			res.End("hello")
		})
	})
	c := r.dial()
	c.send(get("/head")).want(500, "Internal Server Error")
	c.send(get("/end")).want(200, "hello")
	c.send(get("/end")).want(200, "hello")
	if told != 3 || len(r.errs) != 3 {
		t.Error(told, r.errs)
	}
}

// TestStreamTooLargeKeepsFraming: a chunk beyond the limit is still the body's, and never the next request.
func TestStreamTooLargeKeepsFraming(t *testing.T) {
	s := &sink{limit: 10}
	inner := 0
	r := newRig(t, Options{}, func(app *App) {
		app.Post("/:kind", s.handle)
		app.Get("/inner", func(_ *Request, res *Response) { inner++; res.End("smuggled") })
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	c := r.dial().send(chunk("\r\n0\r\n\r\n" + get("/inner")))
	if res := c.next("POST"); res.StatusCode != 413 || s.err != ErrBodyTooLarge {
		t.Error(res.StatusCode, s.err)
	}
	c.send(get("/")).want(200, "hello")
	if inner > 0 {
		t.Error("a part of the body became a request")
	}
	c.Close()
	r.settle()
}
