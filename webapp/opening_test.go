package webapp

import (
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
)

const ask = "<policy-file-request/>\x00"

// greeter answers an opening and closes.
type greeter struct{ ends *int }

func (g greeter) OnData(*poll.Conn, []byte) {}
func (g greeter) OnDrain(*poll.Conn)        {}
func (g greeter) OnClose(*poll.Conn, error) { *g.ends++ }

func openingRig(t *testing.T, o Options) (r *rig, rests *[]string, ends *int) {
	rests, ends = new([]string), new(int)
	r = newRig(t, o, func(app *App) {
		app.All("/", func(_ *Request, res *Response) { res.End("hello") })
		app.Server().HandleOpening(ask, func(c *poll.Conn, rest []byte) {
			*rests = append(*rests, string(rest))
			c.SetHandler(greeter{ends})
			c.Write([]byte("policy"))
			c.Close()
		})
	})
	return r, rests, ends
}

// TestOpening: however it is cut, the opening is seen, and what is behind it.
func TestOpening(t *testing.T) {
	for n := 1; n <= len(ask)+4; n++ {
		r, rests, ends := openingRig(t, Options{})
		c := r.dial().sendSplit(ask+"rest", n)
		r.run("the end", func() bool { return c.Ended() })
		if got := string(c.Read()); got != "policy" {
			t.Errorf("in pieces of %d: got %q", n, got)
		}
		c.Close()
		r.settle()
		if got := strings.Join(*rests, ""); !strings.HasPrefix("rest", got) || *ends != 1 {
			t.Errorf("in pieces of %d: the rest is %q, %d ends", n, got, *ends)
		}
		if s := r.server().Stats(); s.Switched != 1 || s.Conns != 0 || s.Refused != 0 {
			t.Errorf("in pieces of %d: %+v", n, s)
		}
	}
}

// TestNoOpening: what only looks like one is refused as ever, and behind the
// first request there is none.
func TestNoOpening(t *testing.T) {
	r, rests, _ := openingRig(t, Options{HeadTimeout: time.Second})
	for _, text := range []string{"<", "<policy-file-request/>", "<policy-file-request/>\x01", "<q", "\x00"} {
		c := r.dial().sendSplit(text, 5)
		want := 400
		if strings.HasPrefix(ask, text) {
			want = 408
		}
		if res := c.next("GET"); res.StatusCode != want {
			t.Errorf("%q: got %d, want %d", text, res.StatusCode, want)
		}
		c.closed()
	}
	c := r.dial().send(get("/"))
	c.want(200, "hello")
	c.send(ask)
	if res := c.next("GET"); res.StatusCode != 400 {
		t.Errorf("behind a request: got %d", res.StatusCode)
	}
	c.closed()
	r.server().UnhandleOpening(ask)
	c = r.dial().send(ask)
	if res := c.next("GET"); res.StatusCode != 400 {
		t.Errorf("taken back: got %d", res.StatusCode)
	}
	c.closed()
	if len(*rests) != 0 {
		t.Errorf("taken: %q", *rests)
	}
}

// TestOpeningIsNoRequest: what a request may begin with is no opening.
func TestOpeningIsNoRequest(t *testing.T) {
	r, _, _ := openingRig(t, Options{})
	for _, text := range []string{"", "GET", "Q"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was taken", text)
				}
			}()
			r.server().HandleOpening(text, nil)
		}()
	}
}

// TestPass: a request goes on to the next shorter prefix, and at last to the
// router.
func TestPass(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		s := app.Server()
		pass := func(prefix string) {
			s.Handle(prefix, func(req *Request, res *Response) {
				res.Set("Trail", res.Get("Trail")+prefix)
				s.Pass(prefix, req, res)
			})
		}
		pass("/a")
		pass("/a/b")
		pass("/a/b/c")
		app.Get("/a/b/cd", func(_ *Request, res *Response) { res.End("app") })
	})
	res := r.once(get("/a/b/cd"))
	if res.body != "app" || res.Header.Get("Trail") != "/a/b/c/a/b/a" {
		t.Errorf("got %q by %q", res.body, res.Header.Get("Trail"))
	}
	if res := r.once(get("/a/b")); res.StatusCode != 404 || res.Header.Get("Trail") != "/a/b/a" {
		t.Errorf("got %d by %q", res.StatusCode, res.Header.Get("Trail"))
	}
}
