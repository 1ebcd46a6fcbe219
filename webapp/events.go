package webapp

import "errors"

// A Final is how an exchange ended.
type Final struct {
	// Status is the one that was sent, 101 for a switch to another protocol, 0
	// where the peer got none.
	Status int
	// Reason is "" for an answer as intended, else what went wrong: the text of an
	// error that was given to Response.Fail or next, of a broken body, of a panic,
	// "webapp: request aborted", "webapp: response was dropped".
	Reason string
	// Stack is that of a panic, else nil.
	Stack []byte
}

var errDropped = errors.New("webapp: response was dropped")

// events are who wants to know of the app's life.
type events struct {
	start, stop, ready []func()
}

// OnStart adds a function that Start calls when the app listens.
func (a *App) OnStart(fn func()) { a.events.start = append(a.events.start, fn) }

// OnReady adds a function that is called in the first turn after Start, when the
// loop runs and takes connections.
func (a *App) OnReady(fn func()) { a.events.ready = append(a.events.ready, fn) }

// OnStop adds a function that Stop calls when the app does not listen any more.
func (a *App) OnStop(fn func()) { a.events.stop = append(a.events.stop, fn) }

// OnFinal adds a function that is called once for each request that was handed
// to a handler, when its exchange is over: answered, failed, aborted, dropped or
// switched. req and res are valid until fn returns. Requests are kept until their
// end while there is such a function; without one it costs nothing. What the
// parser refuses is no request.
func (a *App) OnFinal(fn func(req *Request, res *Response, f Final)) {
	a.server.finals = append(a.server.finals, fn)
}

func call(list []func()) {
	for _, fn := range list {
		fn()
	}
}

// ready calls the functions of OnReady, unless the app was stopped meanwhile.
func (a *App) ready() {
	if a.listener != nil {
		call(a.events.ready)
	}
}

// OnClose calls fn once when the exchange is over: err is nil when the response
// has ended or the connection was switched, [ErrAborted] when the peer went away
// before, else why the response broke off. The request is kept until then, and
// valid until fn returns. It does nothing when the exchange is over already.
func (r *Request) OnClose(fn func(err error)) {
	if r.c == nil || r.c.res != r.res {
		return
	}
	before := r.closed
	r.closed = func(err error) {
		if before != nil {
			before(err)
		}
		fn(err)
	}
}

// reasonOf is what Final tells of an error.
func reasonOf(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Message
	}
	return err.Error()
}

// wanted tells whether somebody waits for the request's end.
func (r *Request) wanted() bool { return r.closed != nil || len(r.c.srv.finals) > 0 }

// over tells those who wait that the exchange has come to its end. status is what
// the peer got, 0 for the response's own.
func (c *conn) over(req *Request, res *Response, status int, err error) {
	cause := c.srv.cause
	c.srv.cause = Final{}
	if req == nil || !req.wanted() {
		return
	}
	f := Final{status, cause.Reason, cause.Stack}
	if status == 0 && res.flags&headSent != 0 {
		f.Status = int(res.status)
	}
	if err != nil && f.Reason == "" {
		f.Reason = reasonOf(err)
	}
	if fn := req.closed; fn != nil {
		req.closed = nil
		c.srv.guard(req, res, func() { fn(err) })
	}
	for _, fn := range c.srv.finals {
		c.srv.guard(req, res, func() { fn(req, res, f) })
	}
}
