package webapp

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// startReal starts an app on the operating system's kernel. The test turns the
// loop, or leaves that to a goroutine.
func startReal(t testing.TB, setup func(app *App)) *App {
	t.Helper()
	loop := must(poll.New(poll.Options{}))
	app := must(CreateWith(loop, "test", Addr{Host: "127.0.0.1"}, Options{Rate: -1}))
	setup(app)
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { loop.Close() })
	return app
}

func dialReal(t testing.TB, app *App) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+itoa(app.Port()))
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(10 * time.Second))
	t.Cleanup(func() { c.Close() })
	return c
}

// TestRealClient is net/http's client against the app on real sockets.
func TestRealClient(t *testing.T) {
	e := &echo{}
	app := startReal(t, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
		app.Post("/", func(req *Request, res *Response) {
			req.Body(1<<20, func(b []byte, err error) {
				if err != nil {
					res.Fail(err)
					return
				}
				res.SendBytes(b)
			})
		})
		app.Get("/echo", func(req *Request, _ *Response) { e.take(req.Switch()) })
	})
	done := make(chan struct{})
	go func() { defer close(done); app.Loop().Run(context.Background()) }()
	t.Cleanup(func() { app.Loop().Stop(); <-done })
	url := "http://127.0.0.1:" + itoa(app.Port()) + "/"
	for range 3 {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(res.Body); string(b) != "hello" {
			t.Errorf("%q", b)
		}
		res.Body.Close()
	}
	body := strings.Repeat("0123456789", 50<<10)
	counted, chunked := strings.NewReader(body), io.MultiReader(strings.NewReader(body))
	for _, r := range []io.Reader{counted, chunked} {
		res, err := http.Post(url, "text/plain", r)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(res.Body); string(b) != body {
			t.Errorf("%d bytes came back", len(b))
		}
		res.Body.Close()
	}
	c := dialReal(t, app)
	io.WriteString(c, get("/echo")+"rest")
	got := make([]byte, 5)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "!rest" {
		t.Errorf("%q %v", got, err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestAllocations: a request on a connection that is kept costs no heap.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	hello := []byte("hello")
	app := startReal(t, func(app *App) {
		app.Get("/bytes", func(_ *Request, res *Response) { res.SendBytes(hello) })
		app.Use("/m", func(_ *Request, _ *Response, next Next) { next(nil) })
		app.Get("/m/:name", func(req *Request, res *Response) {
			if sid, ok := req.QueryLookup("sid"); !ok || string(sid) != "abc" || req.Path() != "/m/x" {
				t.Error("request")
			}
			res.Set("Cache-Control", "no-store").Type("text/plain; charset=UTF-8").SendBytes(hello)
		})
		app.Post("/body", (&swallow{}).handle)
		app.Route(`/valve/:id(\d+)/:part?`).UseFor("GET", note("x")).Get(func(req *Request, res *Response) {
			if req.Accepts("json", "html") != "html" || !req.Secure() == req.XHR() {
				t.Error("request")
			}
			res.Vary("Accept").SendBytes(hello)
		})
	})
	app.Server().Handle("/engine.io/", func(_ *Request, res *Response) { res.SendBytes(hello) })
	loop, c := app.Loop(), dialReal(t, app)
	buf := make([]byte, 4096)
	for _, v := range []string{
		get("/bytes", "User-Agent: curl", "Accept: */*"),
		get("/engine.io/?EIO=4&transport=polling&sid=abc"),
		get("/m/x?EIO=4&sid=abc", "Cookie: a=b"),
		get("/valve/17", "Accept: text/html, */*;q=0.1"),
		request("POST", "/body", strings.Repeat("x", 100)),
		"POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	} {
		wire := []byte(v)
		once := func() {
			if _, err := c.Write(wire); err != nil {
				t.Fatal(err)
			}
			for served := app.Server().Stats().Requests; app.Server().Stats().Requests == served; {
				loop.Poll(time.Second)
			}
			n, err := c.Read(buf)
			if err != nil || n < 15 || string(buf[:15]) != "HTTP/1.1 200 OK" {
				t.Fatalf("%q %v", buf[:n], err)
			}
		}
		for range 10 {
			once()
		}
		if n := testing.AllocsPerRun(500, once); n > 0 {
			t.Errorf("%v allocations for %.40q", n, v)
		}
	}
}

// swallow takes a body without an allocation.
type swallow struct{}

func (s *swallow) handle(req *Request, _ *Response) { req.ReadBody(1000, s) }

func (s *swallow) OnBody(_ *Request, res *Response, body []byte, _ error) { res.SendBytes(body) }

// BenchmarkGet is 16 pipelined requests per turn over a real socket.
func BenchmarkGet(b *testing.B) {
	hello := []byte("hello")
	app := startReal(b, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.SendBytes(hello) })
	})
	loop, c := app.Loop(), dialReal(b, app)
	const many = 16
	wire := []byte(strings.Repeat(get("/", "User-Agent: curl", "Accept: */*"), many))
	buf := make([]byte, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		c.Write(wire)
		for served := app.Server().Stats().Requests; app.Server().Stats().Requests < served+many; {
			loop.Poll(time.Second)
		}
		if n, err := c.Read(buf); err != nil || n < many*100 {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*many), "ns/request")
}

func BenchmarkParse(b *testing.B) {
	wire := []byte(get("/engine.io/?EIO=4&transport=polling&t=Oabc&sid=0123456789abcdefghij",
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Accept: */*",
		"Accept-Encoding: gzip, deflate", "Accept-Language: de", "Connection: keep-alive", "Referer: http://a/"))
	var h head
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		var s scan
		if n, _ := h.parse(wire, &s, &testLimits); n != len(wire) {
			b.Fatal(n)
		}
	}
}
