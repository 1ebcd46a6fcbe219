package webapp

// Ending tells how a response ended.
type Ending struct {
	// Bytes of the body that were queued, without framing.
	Bytes int64
	// Complete is false when the peer went away, or the response was dropped.
	Complete bool
}

// hooks are what a response's followers asked for; nil for nearly all.
type hooks struct {
	head  []func(res *Response)
	end   []func(res *Response, e Ending)
	bytes int64
}

// OnHead calls fn once, right before status and headers go out: it may change
// headers, and must not write to this response. The last one that was set is called first, so that
// a middleware sees what those behind it did. An answer that the server itself
// gives to a broken body has no such call.
func (r *Response) OnHead(fn func(res *Response)) {
	if !r.Ended() && r.flags&headSent == 0 {
		h := r.follow()
		h.head = append(h.head, fn)
	}
}

// OnEnd calls fn once, when the response has ended: complete, dropped, switched
// or aborted. fn may read status and headers.
func (r *Response) OnEnd(fn func(res *Response, e Ending)) {
	if !r.Ended() {
		h := r.follow()
		h.end = append(h.end, fn)
	}
}

func (r *Response) follow() *hooks {
	if r.hooks == nil {
		r.hooks = &hooks{}
	}
	return r.hooks
}

// beforeHead runs what OnHead left.
func (r *Response) beforeHead() {
	h := r.hooks
	for n := len(h.head); n > 0; n = len(h.head) {
		fn := h.head[n-1]
		h.head = h.head[:n-1] // once, even if it panics
		fn(r)
	}
}

// count adds to the body's bytes.
func (r *Response) count(n int64) {
	if r.hooks != nil && r.flags&toHead == 0 && !bodiless(int(r.status)) {
		r.hooks.bytes += n
	}
}

// tellEnd runs what OnEnd left.
func (r *Response) tellEnd(s *Server, complete bool) {
	h := r.hooks
	if h == nil {
		return
	}
	r.hooks = nil
	for _, fn := range h.end {
		s.guard(nil, r, func() { fn(r, Ending{Bytes: h.bytes, Complete: complete}) })
	}
}
