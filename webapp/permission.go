package webapp

import "github.com/edgesio/edgesio/eos"

// The permission matrix: the counterparts of the platform's app.* rows ask the
// guard of the process first (Options.Mode and Matrix). A denied call has no
// effect and is counted by Server.Guard; its *eos.PermissionError is what a method
// with an error result returns, OnError is told of all others, and they return:
//
//	WebApp.create, createApp Create, CreateWith                     the error
//	app.server               App.Server                             a server that serves nothing
//	app.addcert              App.AddCert                            the error
//	app.start                App.Start                              the error
//	app.stop                 App.Stop                               -
//	app.port                 App.Port                               0
//	app.locals               App.Locals                             a map that nobody reads
//	app.all, app.METHOD      App.All; App.Get, Post ... Method      -
//	app.route                App.Route, RouteExp                    a route that serves nothing
//	app.use                  App.Use, UseError, UseErrorAt, Mount   -
//	Router.create            App.Mount, where the router comes to an app   -
//	app.unhandle             App.Unhandle                           0
//	app.set                  App.Set                                -
//	app.enable, app.disable  App.Enable, Disable                    -
//	app.get                  App.Setting                            nil
//	app.enabled, .disabled   App.Enabled, Disabled                  false
//	app.engine               App.Engine                             -
//	app.render               App.Render, and so Response.Render     the error; 500
//
// What a handler calls is asked for requests that come to the app's routes; engines
// (Server.Handle) are part of the platform. Of request, response and http:
//
//	request.app, .eos             Request.App, EOS                  nil
//	request.protocol              Protocol, Secure                  "", false
//	request.path                  Path, SubPath, BaseURL            ""
//	request.params                Param, EachParam                  none
//	request.query                 Query ..., EachQuery, RawQuery    none
//	request.cookies               Cookie, CookieLookup, EachCookie  none
//	request.body                  ReadBody, StreamBody ...; Parsed  the receiver gets the error; nil
//	request.get, .header          Header, HeaderLookup              none
//	request.origin, .xhr          Origin, XHR                       "", false
//	request.host                  Host, Hostname, Subdomains        none
//	request.ip                    IP, RemoteAddr                    the zero one
//	request.url                   Target, RawTarget, LogTarget      ""
//	request.method                Method                            ""
//	request.headers               EachHeader                        none
//	request.httpVersion           HTTPVersion, Minor                "", 0
//	request.keepAlive, .upgrade   KeepAlive; Upgrade, Switch        false, nil
//	response.send                 Send, SendBytes, SendCompressed   500
//	response.json                 JSON                              500
//	response.sendStatus           SendStatus                        500
//	response.sendFile             SendFile ..., Download            500
//	response.redirect, .render    Redirect, Render                  500
//	response.end                  End                               500
//	response.write                Write                             poll.Dropped
//	response.status, .type        Status, Type                      -
//	response.set, .header, .setHeader   Set, Append, SetFields, Vary, Links, Attachment   -
//	response.get, .getHeader      Get                               ""
//	response.cookie               Cookie                            -
//	response.clearCookie          ClearCookie                       -
//	response.location             Location                          -
//	response.removeHeader         Remove                            -
//	response.writeHead            WriteHead                         -
//	response.headersSent          HeadersSent                       false
//
// Middleware that is a row of its own (WebApp.static, eos; package middleware) is made
// without a server at hand, so it is asked when a request comes to it, see Member.
// A right that is taken away is taken from the requests that follow.

// may tells whether the program may call an API, and reports it when it may not.
func (a *App) may(api eos.API) bool { return a.server.may(api) }

// may is App.may for the app's own router; others are free.
func (r *Router) may(api eos.API) bool { return r.app == nil || r.app.may(api) }

// may is App.may for what a handler calls. Requests that go to an engine and not to
// the program's routes, and those below a guard that denies nothing of all this, are
// not asked at all: one bit tells.
func (r *Request) may(api eos.API) bool { return !r.asked || r.permit(api) == nil }

// permit is may with the error, which OnError is told of.
func (r *Request) permit(api eos.API) error {
	if !r.asked || r.c == nil {
		return nil
	}
	err := r.c.srv.permits.Check(api)
	if err != nil {
		r.c.srv.report(err)
	}
	return err
}

// mayGet is may for a header, which has two names.
func (r *Request) mayGet() bool { return !r.asked || r.permitGet() }

func (r *Request) permitGet() bool {
	return r.permit(eos.RequestGet) == nil && r.permit(eos.RequestHeader) == nil
}

// may is Request.may for the response.
func (r *Response) may(api eos.API) bool { return r.flags&isAsked == 0 || r.permits(api) }

func (r *Response) permits(api eos.API) bool { return r.c == nil || r.c.srv.may(api) }

// maySet and mayGet are may for headers, which have several names.
func (r *Response) maySet() bool { return r.flags&isAsked == 0 || r.permitSet() }

func (r *Response) permitSet() bool {
	return r.permits(eos.ResponseSet) && r.permits(eos.ResponseHeader) && r.permits(eos.ResponseSetHeader)
}

func (r *Response) mayGet() bool { return r.flags&isAsked == 0 || r.permitGet() }

func (r *Response) permitGet() bool {
	return r.permits(eos.ResponseGet) && r.permits(eos.ResponseGetHeader)
}

// mayEnd is may for what completes the response: the peer gets 500 instead.
func (r *Response) mayEnd(api eos.API) bool { return r.flags&isAsked == 0 || r.permitEnd(api) }

func (r *Response) permitEnd(api eos.API) bool {
	if r.permits(api) {
		return true
	}
	r.Fail(&Error{500, StatusText(500)})
	return false
}

// may is App.may.
func (s *Server) may(api eos.API) bool {
	err := s.permits.Check(api)
	if err != nil {
		s.report(err)
	}
	return err == nil
}

// handlerRows are the rows of what a handler calls.
var handlerRows = func() (rows eos.Set) {
	for api := eos.RequestApp; api <= eos.MiddlewareEOS; api++ {
		rows.Add(api)
	}
	rows.Add(eos.WebAppStatic)
	return rows
}()

// serve hands a request to the program's routes.
func (a *App) serve(req *Request, res *Response) {
	if !a.server.permits.Allows(&handlerRows) {
		req.asks(true)
	}
	a.Router.serve(req, res)
}

// asks begins and ends that calls are asked.
func (r *Request) asks(really bool) {
	r.asked = really
	if really {
		r.res.flags |= isAsked
	} else {
		r.res.flags &^= isAsked
	}
}

// Member is m as a part of the platform that is one row of the matrix. Where the
// program may call it, m itself calls what it likes, until it calls next or answers;
// where not, next gets the *eos.PermissionError, so that nobody passes what was to
// refuse him.
func Member(api eos.API, m Middleware) Middleware {
	return func(req *Request, res *Response, next Next) {
		if !req.asked {
			m(req, res, next)
			return
		}
		if err := req.c.srv.permits.Check(api); err != nil {
			next(err)
			return
		}
		req.asks(false)
		m(req, res, func(err error) {
			if req.res == res && !res.Ended() {
				req.asks(true)
			}
			next(err)
		})
	}
}

// detached is a server that nobody gets to.
func (s *Server) detached() *Server {
	return &Server{loop: s.loop, options: s.options, limits: s.limits, set: s.set, log: s.log, permits: s.permits,
		stopping: true}
}
