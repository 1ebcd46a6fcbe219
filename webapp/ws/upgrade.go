package ws

import "github.com/edgesio/edgesio/webapp"

// Upgrade reads from a parsed request what the handshake depends on, judges it by CheckUpgrade and, where the server
// has deflate, agrees on compression. What it returns is valid as long as the request's head.
func Upgrade(req *webapp.Request, deflate bool) (h Request, terms Terms, refused *Refusal) {
	h.Method, h.Proto, h.Body = req.Method(), [...]string{"HTTP/1.0", "HTTP/1.1"}[req.Minor()], req.HasBody()
	req.EachHeader(func(name, value []byte) bool {
		h.Add(name, value)
		return true
	})
	if refused = CheckUpgrade(&h); refused == nil && deflate {
		terms, refused = NegotiateDeflate(h.Extensions)
	}
	return h, terms, refused
}

// Answer ends the response with the refusal, and the connection with it.
func (r *Refusal) Answer(res *webapp.Response) {
	if r.Header != "" {
		res.Set(r.Header, r.Value)
	}
	res.Status(r.Status).Set("Connection", "close").Type("text/html").End(r.Message)
}
