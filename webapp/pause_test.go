package webapp

import "testing"

// A paused app closes connections, idle ones at once and the others with their answer; callers wait, and are served
// after Resume.
func TestPause(t *testing.T) {
	var late *Response
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
		app.Get("/late", func(req *Request, res *Response) { req.Keep(); late = res })
	})
	if r.app.Listener() == nil {
		t.Fatal("no listener")
	}
	idle, busy := r.dial(), r.dial().send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
	idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").next("GET")
	r.run("request", func() bool { return late != nil })
	r.app.Resume() // nothing to resume
	r.app.Pause()
	waiting := r.dial().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	r.settle()
	if !idle.EOF() || busy.EOF() || len(waiting.Read()) != 0 {
		t.Error("the idle one is closed, the busy one and the caller wait")
	}
	late.End("at last")
	if res := busy.next("GET"); res.body != "at last" || !res.Close {
		t.Errorf("%q, closes: %v", res.body, res.Close)
	}
	r.app.Resume()
	if res := waiting.next("GET"); res.body != "hello" || res.Close {
		t.Errorf("%q, closes: %v", res.body, res.Close)
	}
	r.app.Pause()
	r.app.Stop()
	r.app.Resume()
	if r.app.Listener() != nil {
		t.Error("Resume after Stop")
	}
}
