package webapp

import "strings"

// Health answers probes, of a load balancer, of procd or systemd, of whoever
// watches the boxes:
//
//	/healthz  200 "ok" while the loop turns: a process that does not answer is stuck
//	/readyz   200 "ok", or 503 "not ready" and the names of the checks that fail
//
// GET and HEAD, other methods get 405. The body is text, a line for each thing
// it says, so that a shell script can read it; why a check fails is for the log
// and the metrics, not for a public port. Nothing of it may be stored by caches,
// and the guard of EOSOptions lets probes pass: they cannot sign in.
//
// The zero value has no checks: it is always ready. Loop's goroutine only.
type Health struct{ checks []healthCheck }

type healthCheck struct {
	name string
	ok   func() bool
}

// Add adds a check to /readyz. ok is asked for each probe, on the loop's
// goroutine: it looks at something at hand and must not block. A panic in it is
// not ready either, and reported like that of a handler. name is one line of the
// answer, such as "draining" or "memory"; what is not printable ASCII becomes "?".
func (h *Health) Add(name string, ok func() bool) {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, name)
	h.checks = append(h.checks, healthCheck{name, ok})
}

// Failing tells the names of the checks that fail now, nil when all is well.
func (h *Health) Failing() (names []string) {
	for _, c := range h.checks {
		if !c.ok() {
			names = append(names, c.name)
		}
	}
	return names
}

// Mount serves the two paths on an app, in front of its routes. One Health may
// be mounted on several apps of a loop.
func (h *Health) Mount(app *App) {
	app.server.handleExactly("/healthz", func(_ *Request, res *Response) { res.tell(200, "ok\n") })
	app.server.handleExactly("/readyz", func(_ *Request, res *Response) {
		if failing := h.Failing(); failing != nil {
			res.tell(503, "not ready\n"+strings.Join(failing, "\n")+"\n")
			return
		}
		res.tell(200, "ok\n")
	})
}

// handleExactly serves GET and HEAD of one path and leaves what goes on behind
// it to others.
func (s *Server) handleExactly(path string, h Handler) {
	s.HandleOpen(path, func(req *Request, res *Response) {
		switch {
		case string(req.head.path) != path:
			s.Pass(path, req, res)
		case req.head.method != "GET" && req.head.method != "HEAD":
			res.set("Allow", "GET, HEAD")
			res.tell(405, StatusText(405)+"\n")
		default:
			h(req, res)
		}
	})
}

// tell answers with text that is true only now.
func (r *Response) tell(status int, text string) {
	r.setStatus(status).set("Cache-Control", "no-store")
	r.end(text)
}
