// Package httpbridge mounts handlers of net/http on a webapp, so that pprof, metrics and the like can be used as they
// are:
//
//	httpbridge.Mount(app, "/debug/pprof", http.HandlerFunc(pprof.Index), httpbridge.Options{})
//
// A handler may block, so each request runs on a goroutine of its own, at most Options.MaxRequests at a time: what is
// beyond gets 503. The loop and the handler meet in two places. The request, body and all, is handed over before the
// handler starts; and what the handler writes is handed back in pieces of 32 KiB, the next one when the loop has taken
// the last one and the client is not behind: a handler that writes 100 MB to a slow client waits in Write and holds a
// piece.
//
// What a handler finds different from net/http's own server:
//
//   - The body was read before, up to Options.MaxBodyBytes (413); there is no 100 Continue of its own, and one with a
//     Content-Encoding is refused (415).
//   - The request's context ends when the client goes away, or Options.Timeout is over; Write fails then.
//   - http.Hijacker, trailers, 1xx responses and deadlines of http.ResponseController are not offered. http.Flusher is.
//   - A declared Content-Length is checked, but a response that is not whole in its first piece goes out in chunks.
//
// A program that does not import this package links no code of net/http's server; nor does it with this package, which
// needs the types only.
//
// Read next: bridge.go for the loop's side, writer.go for the handler's.
package httpbridge
