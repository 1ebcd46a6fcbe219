package httpbridge

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
)

// rig is an app on the kernel in memory with a handler of net/http at /h.
type rig struct {
	*testing.T
	k    *polltest.Kernel
	loop *poll.Loop
	app  *webapp.App
	logs bytes.Buffer
	errs []error

	closed bool // the loop is
}

func newRig(t *testing.T, o Options, h http.HandlerFunc) *rig {
	t.Helper()
	r := &rig{T: t, k: polltest.New(1, polltest.Faults{})}
	var err error
	if r.loop, err = poll.New(poll.Options{Kernel: r.k}); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(&r.logs, nil))
	limits := poll.Limits{SoftTime: time.Hour, StallTime: time.Hour}
	r.app, err = webapp.CreateWith(r.loop, "test", webapp.Addr{Host: "127.0.0.1", Port: 80},
		webapp.Options{Logger: logger, Listen: poll.ListenOptions{Limits: limits}})
	if err != nil {
		t.Fatal(err)
	}
	if o.OnError == nil {
		o.OnError = func(err error) { r.errs = append(r.errs, err) }
	}
	Mount(r.app, "/h", h, o)
	r.app.Get("/", func(_ *webapp.Request, res *webapp.Response) { res.End("alive") })
	if err := r.app.Start(); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		if !r.closed && r.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body != "alive" {
			t.Error("the app does not answer")
		}
		r.loop.Close()
		for i := 0; runtime.NumGoroutine() > before && i < 1000; i++ {
			runtime.Gosched()
			r.k.Await(r.loop, func() bool { return true })
		}
		if err := r.k.Check(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// await turns the loop until ok, in real time: handlers are on goroutines of their own.
func (r *rig) await(what string, ok func() bool) {
	r.Helper()
	if !r.k.Await(r.loop, ok) {
		r.Fatalf("never came true: %s", what)
	}
}

type reply struct {
	*http.Response
	body string
	err  error // of the body
}

// ask makes a request on a connection of its own.
func (r *rig) ask(wire string) reply {
	r.Helper()
	p := r.k.Dial("127.0.0.1:80")
	p.WriteString(wire)
	defer p.Close()
	return r.answer(p, wire)
}

// answer waits for a whole response, or for the end of the connection.
func (r *rig) answer(p *polltest.Peer, wire string) (a reply) {
	r.Helper()
	method, _, _ := strings.Cut(wire, " ")
	var got []byte
	r.await("a response", func() bool {
		got = append(got, p.Read()...)
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(got)), &http.Request{Method: method})
		if err != nil {
			if p.Ended() {
				a.err = err
			}
			return p.Ended()
		}
		b, err := io.ReadAll(res.Body)
		a = reply{res, string(b), err}
		return err == nil && (res.ContentLength >= 0 || len(res.TransferEncoding) > 0) || p.Ended()
	})
	return a
}

func get(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: a.example:80\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
}

func TestRequest(t *testing.T) {
	r := newRig(t, Options{}, func(w http.ResponseWriter, req *http.Request) {
		b, err := io.ReadAll(req.Body)
		fmt.Fprintln(w, req.Method, req.URL.Path, req.URL.RawQuery, req.RequestURI, req.Host, req.Header["X-A"], req.Proto,
			len(req.RemoteAddr) > 8, req.ContentLength, string(b), err, req.FormValue("q"))
	})
	for wire, want := range map[string]string{
		get("/h/a%20b?q=1"): "GET /h/a b q=1 /h/a%20b?q=1 a.example:80 [1 2] HTTP/1.1 true 0  <nil> 1\n",
		"PUT /h HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello": "PUT /h  /h a [] HTTP/1.1 true 5 hello <nil> \n",
		"POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n": "POST /h  /h a [] HTTP/1.1 true 5 hello <nil> \n",
		"GET /h HTTP/1.0\r\n\r\n": "GET /h  /h  [] HTTP/1.0 true 0  <nil> \n",
	} {
		if a := r.ask(wire); a.body != want || a.StatusCode != 200 {
			t.Errorf("%q:\n got %q\nwant %q", wire, a.body, want)
		}
	}
}

func TestResponse(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    string // status, length, transfer coding, type, body
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}, `200 0 [] "" ""`},
		{"status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, `404 0 [] "" ""`},
		{"sniffed", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") },
			`200 6 [] "text/html; charset=utf-8" "<html>"`},
		{"typed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "a/b")
			w.Header().Set("Content-Length", "2")
			w.WriteHeader(201)
			w.WriteHeader(500)
			w.Header().Set("Content-Type", "too/late")
			io.WriteString(w, "ok")
		}, `201 2 [] "a/b" "ok"`},
		{"flushed", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			w.Header().Set("Trailer", "X-T")
			w.Header().Set(http.TrailerPrefix+"X-U", "1")
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			io.WriteString(w, "b")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			w.Header().Set("X-T", "1")
			io.WriteString(w, "c")
		}, `200 -1 [chunked] "text/plain; charset=utf-8" "abc"`},
		{"flushed empty", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
			`200 -1 [chunked] "" ""`},
		{"bodiless", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
			if _, err := io.WriteString(w, "x"); err != http.ErrBodyNotAllowed {
				t.Error(err)
			}
		}, `204 0 [] "" ""`},
		{"too much", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2")
			if _, err := io.WriteString(w, "abc"); err != http.ErrContentLength {
				t.Error(err)
			}
			io.WriteString(w, "ab")
		}, `200 2 [] "text/plain; charset=utf-8" "ab"`},
		{"not offered", func(w http.ResponseWriter, _ *http.Request) {
			_, hijacks := w.(http.Hijacker)
			fmt.Fprint(w, hijacks, http.NewResponseController(w).SetReadDeadline(time.Time{}) != nil)
		}, `200 10 [] "text/plain; charset=utf-8" "false true"`},
		{"large", func(w http.ResponseWriter, _ *http.Request) {
			n, err := w.Write(bytes.Repeat([]byte("x"), 100_000))
			if n != 100_000 || err != nil {
				t.Error(n, err)
			}
		}, `200 -1 [chunked] "text/plain; charset=utf-8" "` + strings.Repeat("x", 100_000) + `"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Options{}, c.handler)
			a := r.ask(get("/h"))
			got := fmt.Sprintf("%d %d %v %q %q", a.StatusCode, a.ContentLength, a.TransferEncoding,
				a.Header.Get("Content-Type"), a.body)
			if got != c.want || len(a.Trailer) > 0 || a.Header.Get("X-T") != "" || len(r.errs) > 0 || r.logs.Len() > 0 {
				t.Errorf("got %.200s, want %.200s; %v %v %s", got, c.want, a.Header, r.errs, r.logs.String())
			}
		})
	}
}

func TestHead(t *testing.T) {
	r := newRig(t, Options{}, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/h/written" {
			io.WriteString(w, "hello")
		} else {
			w.Header().Set("Content-Length", "5000000000")
		}
	})
	if a := r.ask("HEAD /h/written HTTP/1.1\r\nHost: a\r\n\r\n"); a.ContentLength != 5 || a.body != "" {
		t.Errorf("%d %q", a.ContentLength, a.body)
	}
	if a := r.ask("HEAD /h/declared HTTP/1.1\r\nHost: a\r\n\r\n"); a.ContentLength != -1 || a.StatusCode != 200 {
		t.Errorf("%d %q", a.ContentLength, a.body)
	}
}

// What a handler does wrong costs its own exchange.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		status  int // 0: the connection is cut
		told    bool
	}{
		{"panic", func(http.ResponseWriter, *http.Request) { panic("told to") }, 500, true},
		{"panic on its way", func(w http.ResponseWriter, _ *http.Request) {
			w.Write(make([]byte, 2*pieceBytes))
			panic("told to")
		}, 0, true},
		{"abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, false},
		{"bad status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(42) }, 500, true},
		{"shorter than declared", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "abc")
		}, 500, true},
		{"shorter than declared, on its way", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "abc")
			w.(http.Flusher).Flush()
		}, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Options{}, c.handler)
			a := r.ask(get("/h"))
			if c.status != 0 && (a.err != nil || a.StatusCode != c.status) || c.status == 0 && a.err == nil {
				t.Errorf("%v %v %.100q", a.Response, a.err, a.body)
			}
			if told := len(r.errs) == 1; told != c.told {
				t.Errorf("OnError was told %v", r.errs)
			}
			if strings.Contains(a.body, "told to") {
				t.Error("the client learns of it")
			}
		})
	}
}

func TestBodyLimit(t *testing.T) {
	var called atomic.Bool
	r := newRig(t, Options{MaxBodyBytes: 10}, func(http.ResponseWriter, *http.Request) { called.Store(true) })
	for wire, status := range map[string]int{
		"POST /h HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n":                                        413,
		"POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n":   413,
		"POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n":                           400,
		"POST /h HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b\x08aa": 415,
	} {
		if a := r.ask(wire); a.StatusCode != status || called.Load() {
			t.Errorf("%q: %d, want %d", wire, a.StatusCode, status)
		}
	}
}

// No more handlers run than may, and one whose client has gone counts until it returns.
func TestMaxRequests(t *testing.T) {
	begun, release := make(chan bool, 10), make(chan bool)
	r := newRig(t, Options{MaxRequests: 2}, func(w http.ResponseWriter, req *http.Request) {
		begun <- true
		<-release
		io.WriteString(w, "done")
	})
	var peers []*polltest.Peer
	for range 2 {
		p := r.k.Dial("127.0.0.1:80")
		p.WriteString(get("/h"))
		peers = append(peers, p)
	}
	r.await("two handlers", func() bool { return len(begun) == 2 })
	for range 20 {
		if a := r.ask(get("/h")); a.StatusCode != 503 || a.Header.Get("Retry-After") == "" {
			t.Fatalf("%d", a.StatusCode)
		}
	}
	peers[0].Reset()
	r.k.Sleep(r.loop, time.Second)
	if a := r.ask(get("/h")); a.StatusCode != 503 || len(begun) != 2 {
		t.Errorf("%d while the handler of a client that has gone still runs", a.StatusCode)
	}
	close(release)
	if a := r.answer(peers[1], get("/h")); a.body != "done" {
		t.Errorf("%q", a.body)
	}
	r.await("the end of both", func() bool { return r.ask(get("/h")).StatusCode == 200 })
}

// A request that waits for its body has no place yet, and finds none when the body is there.
func TestMaxRequestsAfterTheBody(t *testing.T) {
	begun, release := make(chan bool, 10), make(chan bool)
	r := newRig(t, Options{MaxRequests: 1}, func(http.ResponseWriter, *http.Request) {
		begun <- true
		<-release
	})
	slow := r.k.Dial("127.0.0.1:80")
	slow.WriteString("POST /h HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
	r.k.Sleep(r.loop, time.Millisecond)
	quick := r.k.Dial("127.0.0.1:80")
	quick.WriteString(get("/h"))
	r.await("the handler", func() bool { return len(begun) == 1 })
	slow.WriteString("lo")
	if a := r.answer(slow, "POST"); a.StatusCode != 503 || len(begun) != 1 {
		t.Errorf("%d", a.StatusCode)
	}
	close(release)
	if a := r.answer(quick, "GET"); a.StatusCode != 200 {
		t.Errorf("%d", a.StatusCode)
	}
}

// A handler that writes 100 MB to a client that reads slowly waits, and holds no more than a piece.
func TestSlowClient(t *testing.T) {
	const size = 100 << 20
	var written atomic.Int64
	r := newRig(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		piece := make([]byte, 1<<20)
		for range size / len(piece) {
			n, err := w.Write(piece)
			if written.Add(int64(n)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	p := r.k.Dial("127.0.0.1:80")
	p.Stall()
	p.WriteString(get("/h"))
	r.await("back-pressure", func() bool { return r.loop.Stats().OutBytes > 256<<10 })
	for range 10_000 { // the handler has time for more, and must not use it
		r.loop.Poll(0)
		runtime.Gosched()
	}
	got, most := 0, r.loop.Stats().OutBytes
	p.Resume()
	r.await("all of it", func() bool {
		for range 200 {
			r.loop.Poll(0)
			most = max(most, r.loop.Stats().OutBytes)
			got += len(p.Read())
			if ahead := written.Load() - int64(got); ahead > 4<<20 {
				t.Fatalf("the handler is %d bytes ahead", ahead)
			}
		}
		return got > size && written.Load() == size && r.loop.Stats().OutBytes == 0
	})
	if most < 128<<10 || most > 512<<10 {
		t.Errorf("%d bytes were queued", most)
	}
	t.Logf("at most %d bytes were queued of %d", most, size)
	p.Close()
}

// The client's end, and the deadline, reach the handler: in its context, and in a Write that waits.
func TestAbort(t *testing.T) {
	for _, c := range []struct {
		name, path string
		o          Options
		end        func(r *rig, p *polltest.Peer)
		answer     string
	}{
		{"context", "/h/wait", Options{}, func(_ *rig, p *polltest.Peer) { p.Reset() }, ""},
		{"write", "/h/write", Options{}, func(_ *rig, p *polltest.Peer) { p.Reset() }, ""},
		{"deadline", "/h/wait", Options{Timeout: time.Second},
			func(r *rig, _ *polltest.Peer) { r.k.Sleep(r.loop, 2*time.Second) }, "503"},
		{"deadline on its way", "/h/write", Options{Timeout: time.Second},
			func(r *rig, p *polltest.Peer) {
				// What it has not taken goes with the connection.
				r.k.Sleep(r.loop, 2*time.Second)
				if !p.WasReset() {
					r.Error("a response that is cut ends as if it were whole")
				}
			}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun, ended := make(chan bool, 1), make(chan error, 1)
			r := newRig(t, c.o, func(w http.ResponseWriter, req *http.Request) {
				begun <- true
				if req.URL.Path == "/h/wait" {
					<-req.Context().Done()
				}
				var err error
				for err == nil {
					_, err = w.Write(make([]byte, 10_000))
				}
				ended <- err
			})
			p := r.k.Dial("127.0.0.1:80")
			p.Stall()
			p.WriteString(get(c.path))
			r.await("the handler", func() bool {
				return len(begun) == 1 && (c.path == "/h/wait" || r.loop.Stats().OutBytes > 256<<10)
			})
			c.end(r, p)
			r.await("its end", func() bool { return len(ended) == 1 })
			if err := <-ended; !errors.Is(err, ErrGone) {
				t.Error(err)
			}
			p.Resume()
			r.k.Sleep(r.loop, time.Second)
			if got := string(p.Read()); !strings.HasPrefix(got, strings.TrimSuffix("HTTP/1.1 "+c.answer, "HTTP/1.1 ")) {
				t.Errorf("client got %.100q", got)
			}
			if len(r.errs) > 0 {
				t.Error(r.errs)
			}
			p.Close()
		})
	}
}

// A loop that closes lets go of handlers that wait for it.
func TestLoopCloses(t *testing.T) {
	ended := make(chan error, 1)
	r := newRig(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		var err error
		for err == nil {
			_, err = w.Write(make([]byte, 10_000))
		}
		ended <- err
	})
	p := r.k.Dial("127.0.0.1:80")
	p.Stall()
	p.WriteString(get("/h"))
	r.await("back-pressure", func() bool { return r.loop.Stats().OutBytes > 256<<10 })
	r.closed = true
	r.loop.Close()
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}

// Who made the request is known behind the bridge, too.
func TestEOS(t *testing.T) {
	info := &eos.Info{}
	r := newRig(t, Options{}, nil)
	r.app.Use("/", func(req *webapp.Request, _ *webapp.Response, next webapp.Next) {
		if req.Query("known") != "" {
			req.SetEOS(info)
		}
		next(nil)
	})
	Mount(r.app, "/who", http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprint(w, EOS(req) == info, EOS(req) == nil)
	}), Options{})
	for path, want := range map[string]string{"/who?known=1": "true false", "/who": "false true"} {
		if a := r.ask(get(path)); a.body != want {
			t.Errorf("%s: %s", path, a.body)
		}
	}
}
