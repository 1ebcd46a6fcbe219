// Package middleware has what an app opts into, in the words of EdgerOS' and of
// Express' middleware. Each function returns a [webapp.Middleware]:
//
//	app.Use("/", middleware.AccessLog(middleware.AccessLogOptions{}))
//	app.Use("/api/", middleware.RateLimit(middleware.RateLimitOptions{}))
//	app.Use("/api/", middleware.JSON(middleware.JSONOptions{}))
//	app.Post("/api/led", func(req *webapp.Request, res *webapp.Response) {
//		var led struct{ On bool }
//		if err := middleware.Decode(req, &led); err != nil {
//			res.Fail(err)
//			return
//		}
//		res.JSON(led)
//	})
//
// Bodies: [JSON], [URLEncoded], [Raw], [Text] and [Multipart] read the body of
// requests of their types; the others go on as they are. Who came: [Cookies],
// [Session], [BasicAuth], [EOS], and a nested module, jwt. What may come: [Query],
// [RateLimit], [Cors]. What is served: [Static], [History]. What happened:
// [AccessLog].
//
// Everything is bounded, by an option with a default; what passes a bound gets an
// answer that says which. What a peer sent is kept as it is and decoded on demand,
// because decoded it takes many times its size. An error is given to next, as an
// *[webapp.Error], so that the app's ErrorHandler may dress it up.
//
// All of it is for the loop's goroutine, as package webapp is; a value that a
// function returns serves one loop.
//
// Read next: body.go, parts.go (the multipart framing), session.go.
package middleware
