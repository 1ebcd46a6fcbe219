package webapp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestAppEvents: start when it listens, ready in the first turn, stop.
func TestAppEvents(t *testing.T) {
	var got []string
	r := newRig(t, Options{}, func(app *App) {
		app.OnStart(func() { got = append(got, "start "+itoa(app.Port())) })
		app.OnReady(func() { got = append(got, "ready") })
		app.OnStop(func() { got = append(got, "stop "+itoa(app.Port())) })
	})
	got = append(got, "loop")
	r.settle()
	r.app.Stop()
	r.app.Stop()
	if err := r.app.Start(); err != nil {
		t.Fatal(err)
	}
	r.app.Stop()
	r.settle() // stopped before it was ready
	if want := "start 80 loop ready stop 0 start 80 stop 0"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// finalRig tells how each exchange ended.
func finalRig(t *testing.T, got *[]string, p *parker) *rig {
	return newRig(t, Options{Root: files}, func(app *App) {
		app.OnFinal(func(req *Request, res *Response, f Final) {
			line := fmt.Sprintf("%s %s %d %s", req.Method(), req.Path(), f.Status, f.Reason)
			if f.Stack != nil {
				line += " with stack"
			}
			*got = append(*got, line)
			res.End("too late")
		})
		app.Get("/ok", func(req *Request, res *Response) {
			req.OnClose(func(err error) { *got = append(*got, fmt.Sprint("closed ", err)) })
			res.Status(201).End("ok")
		})
		app.Get("/park", p.handle)
		app.Get("/close", func(req *Request, res *Response) {
			req.OnClose(func(err error) { *got = append(*got, fmt.Sprint("first ", err)) })
			req.OnClose(func(err error) { *got = append(*got, fmt.Sprint("second ", err, " ", req.Path())) })
			p.handle(req, res)
		})
		app.Get("/panic", func(*Request, *Response) { panic("oh") })
		app.Get("/fail", func(_ *Request, res *Response) { res.Fail(errors.New("a secret")) })
		app.Get("/drop", func(_ *Request, res *Response) { res.Drop() })
		app.Get("/big", func(_ *Request, res *Response) { res.SendFile("big.bin") })
		app.Get("/switch", func(req *Request, _ *Response) { c, _ := req.Switch(); c.Close() })
		app.Post("/body", func(req *Request, res *Response) {
			req.Body(10, func([]byte, error) { res.End("never") })
		})
	})
}

// TestFinal: each exchange is told of once, however it ends.
func TestFinal(t *testing.T) {
	var got []string
	p := &parker{}
	r := finalRig(t, &got, p)
	chunk := "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, v := range []struct {
		request string
		during  func(c *client)
		want    string
	}{
		{get("/ok"), nil, "closed <nil>;GET /ok 201 "},
		{get("/none"), nil, "GET /none 404 Cannot GET /none"},
		{get("/panic"), nil, `GET /panic 500 webapp: panic in GET /panic: oh with stack`},
		{get("/fail"), nil, "GET /fail 500 a secret"},
		{get("/drop"), nil, "GET /drop 0 webapp: response was dropped"},
		{get("/big"), nil, "GET /big 200 "},
		{get("/switch"), nil, "GET /switch 101 "},
		{get("/park"), func(*client) { p.res[len(p.res)-1].End("late") }, "GET /park 200 "},
		{get("/park"), func(c *client) { c.Close() }, "GET /park 0 webapp: request aborted"},
		{get("/close"), func(c *client) { c.Close() }, "first webapp: request aborted;" +
			"second webapp: request aborted /close;GET /close 0 webapp: request aborted"},
		{chunk + "zz", nil, "POST /body 400 malformed chunk size"},
		{chunk + "1", func(c *client) { c.Close() }, "POST /body 0 webapp: request aborted"},
	} {
		got = nil
		c := r.dial().send(v.request)
		r.settle()
		if v.during != nil {
			v.during(c)
		}
		if len(got) == 0 {
			r.run(v.want, func() bool { c.Read(); return len(got) > 0 })
		}
		r.settle()
		if all := strings.Join(got, ";"); all != v.want {
			t.Errorf("%.20q: %s, want %s", v.request, all, v.want)
		}
		c.Close()
		r.settle()
	}
}

// A request whose end nobody waits for is not kept, and a panic in a function of
// OnClose is one of a handler.
func TestOnCloseLeavesTheExchangeWhole(t *testing.T) {
	var kept *Request
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/a", func(req *Request, res *Response) {
			kept = req
			req.OnClose(func(error) { panic("in OnClose") })
			res.End("a")
		})
	})
	c := r.dial().send(get("/a") + get("/a"))
	c.want(200, "a")
	c.want(200, "a")
	if len(r.errs) != 2 {
		t.Error(r.errs)
	}
	kept.OnClose(func(error) { t.Error("told of what was over") })
	r.settle()
}

// tally counts how exchanges end, by two ways that must agree.
type tally struct{ begun, finals, closes, aborted int }

func (n *tally) watch(app *App) {
	app.Use("/", func(req *Request, _ *Response, next Next) {
		n.begun++
		path := req.Path()
		req.OnClose(func(err error) {
			n.closes++
			if req.Path() != path {
				panic("the request is another's")
			}
			if err != nil {
				n.aborted++
			}
		})
		next(nil)
	})
	app.OnFinal(func(req *Request, _ *Response, f Final) {
		n.finals++
		if (f.Reason != "") != (f.Status != 200) && f.Reason != ErrAborted.Error() {
			panic(fmt.Sprint("status ", f.Status, " with reason ", f.Reason))
		}
	})
}

func (n *tally) check(t *testing.T, st Stats) {
	t.Helper()
	if n.begun == 0 || uint64(n.begun) != st.Requests || n.finals != n.begun || n.closes != n.begun ||
		uint64(n.aborted) != st.Aborted {
		t.Errorf("%+v, %+v", *n, st)
	}
}
