package webapp

// Server is the server that took the request, nil once it is over. Middleware
// asks it for the loop and the log.
func (r *Request) Server() *Server {
	if r.c == nil {
		return nil
	}
	return r.c.srv
}

// Rewrite makes the request one for another path, for the routes and middleware
// behind the caller; Target stays as it was sent. path is the program's own: it
// begins with a slash and has no "." or ".." segment. It returns false, and
// changes nothing, where path is not clean, below a router that is mounted, whose
// part of the path is decided already, and from outside the guard of EOSOptions to
// below it, unless the user is verified.
func (r *Request) Rewrite(path string) bool {
	if r.c == nil || len(r.chain.stack) > 1 || !isClean(path) {
		return false
	}
	if (r.eos == nil || r.eos.User == nil) && r.guards([]byte(path)) {
		return false
	}
	r.head.path, r.rewritten = []byte(path), true
	r.params, r.mounted = r.params[:0], 0
	return true
}

// isClean tells whether a path is as the parser would have made it.
func isClean(path string) bool {
	if path == "" || path[0] != '/' || len(path) > 1<<15 || !isText([]byte(path)) {
		return false
	}
	for at := 1; at <= len(path); {
		end := at
		for end < len(path) && path[end] != '/' {
			end++
		}
		if s := path[at:end]; s == "." || s == ".." {
			return false
		}
		at = end + 1
	}
	return true
}
