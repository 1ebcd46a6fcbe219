// Package webapp is the HTTP/1.1 side of a gateway program, in the words of
// EdgerOS' WebApp and of Express: an app with routes, middleware and static
// files on a [poll.Loop], and below it a strict parser and one state machine per
// connection (RFC 9110, RFC 9112).
//
//	app, err := webapp.Create(loop, "demo", webapp.Addr{Port: 8000})
//	app.Get("/index.:ext", func(req *webapp.Request, res *webapp.Response) { res.SendFile("index.html") })
//	app.All("/", func(req *webapp.Request, res *webapp.Response) { res.End("hello") })
//	err = app.Start()
//
// Everything runs on the loop's goroutine: handlers must not block. A handler
// answers, or parks the exchange and answers in a later turn; parked, it costs a
// [Response] and its connection's state, no buffer. [Request] and [Response] say
// how long they are valid. A panic in a handler ends its exchange with 500.
//
// What does not parse is refused, never repaired: the peer is told why with a
// 4xx or 501 and the connection is closed. The bounds are in [Options]; one log
// line per class and 5 s tells of it.
//
// A path may bind its names, ":id(\d+)", and leave them out, ":ext?"; Router.Route
// gives a path a chain of its own, Router.RouteExp takes a regular expression.
// [App.Set] has the settings; a proxy's word on who the peer is counts only where
// "trust proxy" names it. App.OnFinal and [Request.OnClose] tell how an exchange
// ended. Views are rendered by an [Engine], such as that of webapp/templates.
// README.md lists the platform's names with ours.
//
// What is built on HTTP uses the [Server] below the app: [Server.Handle] for a
// prefix of paths, [Request.ReadBody] and [Request.StreamBody], [Response.OnHead],
// [Response.OnEnd] and [Response.OnAbort], [Request.Switch] to leave HTTP,
// [Server.HandleOpening] for what never was, [Cors] and [Cookie]. [Health] answers probes.
//
// Files go out by [Response.SendFile] and [Static], with conditions and ranges, and
// without being read into memory where the system can: see sender.go. What an app
// opts into is in package webapp/middleware.
//
// Not here: decoding of compressed bodies, HTTP/2.
//
// Read next: conn.go, the connection's states; then parse.go and response.go;
// then package eio.
package webapp
