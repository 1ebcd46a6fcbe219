package webapp

import (
	"slices"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// EOSOptions say how requests are identified and which of them must be. The
// zero value of a field is its default.
type EOSOptions struct {
	// Verifier finds out who made a request. Without one everybody is nobody. With
	// an *eos.TrustedProxy its headers are taken out of all other peers' requests:
	// no handler sees them.
	Verifier eos.Verifier
	// Guard lists path prefixes below which nobody gets without a verified user:
	// the answer is 401 with {"status","error","reason"}, before a body is read
	// and before any handler. Case does not matter, nor the slash at the end of a
	// whole path: routes do not mind them either. A prefix that covers the path of
	// an engine makes that refuse handshakes likewise. Default "/api/"; an empty
	// list that is not nil guards nothing.
	Guard []string
	// Cors, when it is set, answers preflights below the guard, which carry no
	// token, and makes refusals readable for the pages that it allows.
	Cors *Cors
	// Token and Srand are the names of what a client sends, as headers or, where
	// those are missing, in the query. Default "edger-token" and "edger-srand".
	// What follows these names is left out of our log lines.
	Token, Srand string
	// Accounts knows the group of a user. Default: everybody is a guest.
	Accounts eos.Accounts
	// Timeout bounds a Verifier that takes its time; then the answer is 503.
	// Default 10 s.
	Timeout time.Duration
}

func (o EOSOptions) withDefaults() *EOSOptions {
	if o.Guard == nil {
		o.Guard = []string{"/api/"}
	}
	set(&o.Token, "edger-token")
	set(&o.Srand, "edger-srand")
	set(&o.Timeout, 10*time.Second)
	return &o
}

// inquiry is the verification of one request, under way or done.
type inquiry struct {
	claim   eos.Claim
	req     *Request
	timer   poll.Timer
	waiting []func(*eos.Info, error)
	err     error
	done    bool
	later   bool // not within the call of the one who asked first
}

// errVerifyTimeout is what a slow Verifier comes to.
var errVerifyTimeout = &Error{503, "verification took too long"}

// Identify finds out who made the request, once however often it is called, and
// calls then with it: at once, or in a later turn if the Verifier takes its time;
// the request is kept until then. then is not called when the peer goes away
// first. Nobody is (nil, nil). The result is left with SetEOS; a user that
// SetEOS left before is taken as it is, and so it is without a Verifier.
func (r *Request) Identify(then func(info *eos.Info, err error)) {
	if err := r.permit(eos.MiddlewareEOS); err != nil {
		then(nil, err)
		return
	}
	r.identify(then)
}

func (r *Request) identify(then func(info *eos.Info, err error)) {
	q := r.inquiry
	switch {
	case q != nil && !q.done:
		q.waiting = append(q.waiting, then)
	case q != nil:
		then(r.eos, q.err)
	case r.eos != nil || !r.verifiable():
		then(r.eos, nil)
	default:
		r.ask(then)
	}
}

// verifiable tells whether there is a Verifier to ask.
func (r *Request) verifiable() bool {
	return r.c != nil && r.c.srv.options.EOS != nil && r.c.srv.options.EOS.Verifier != nil
}

// Asks tells whether Identify and Refusal have anything to say: there is a
// Verifier, or the request is below the guard.
func (r *Request) Asks() bool { return r.c != nil && r.c.srv.options.EOS != nil }

// ask calls the Verifier.
func (r *Request) ask(then func(*eos.Info, error)) {
	srv := r.c.srv
	o := srv.options.EOS
	q := &inquiry{req: r, waiting: []func(*eos.Info, error){then}}
	q.claim = eos.Claim{Token: r.credential(o.Token), Srand: r.credential(o.Srand), Remote: r.peer(), Header: r.claimed,
		Now: srv.loop.Time()}
	r.inquiry = q
	o.Verifier.Verify(&q.claim, q.answer)
	if q.later = true; !q.done {
		r.Keep()
		srv.loop.Arm(&q.timer, o.Timeout, q)
	}
}

// credential is a header, or else a parameter of the query.
func (r *Request) credential(name string) string {
	if v, ok := r.lookup(name); ok {
		return string(v)
	}
	asked := r.asked
	r.asked = false // it is not the program that looks
	v := r.Query(name)
	r.asked = asked
	return v
}

// answer takes what the Verifier found.
func (q *inquiry) answer(info *eos.Info, err error) {
	if q.done {
		return
	}
	r := q.req
	q.cancel()
	if q.err = err; r.c == nil || r.c.res != r.res || r.res.Ended() {
		return
	}
	if err == nil {
		r.eos = info
	}
	waiting := q.waiting
	q.waiting = nil
	for _, then := range waiting {
		if q.later {
			r.c.srv.guard(r, r.res, func() { then(r.eos, err) })
		} else {
			then(r.eos, err)
		}
	}
}

// cancel is the end of the question.
func (q *inquiry) cancel() {
	q.done = true
	if c := q.req.c; c != nil {
		c.srv.loop.Disarm(&q.timer)
	}
}

// gone is called when the peer is; r may be nil.
func (r *Request) gone() {
	if r != nil && r.inquiry != nil {
		r.inquiry.cancel()
	}
}

// OnTimer gives up on the Verifier.
func (q *inquiry) OnTimer(*poll.Timer) { q.answer(nil, errVerifyTimeout) }

// Refusal tells whether a request has to be refused after Identify came to info
// and err, and with what: nil lets it in. A bad token is refused anywhere (401),
// nobody only below the guard.
func (r *Request) Refusal(info *eos.Info, err error) *Error {
	reason := eos.ReasonNone
	switch e := err.(type) {
	case nil:
		if info != nil && info.User != nil || !r.guarded() {
			return nil
		}
	case *Error:
		return e
	case *eos.VerifyError:
		reason = e.Reason
	default:
		reason = "not verified"
		r.c.srv.log.Error("eos", "webapp: a verifier failed", err.Error())
	}
	return &Error{401, string(reason)}
}

// refuse answers with a refusal.
func (r *Response) refuse(e *Error) {
	if e.Status == 401 {
		r.set("WWW-Authenticate", "EdgerOS")
	} else {
		r.set("Retry-After", "5")
	}
	r.setStatus(e.Status).set("Cache-Control", "no-store")
	r.json(struct {
		Status int    `json:"status"`
		Error  string `json:"error"`
		Reason string `json:"reason"`
	}{e.Status, StatusText(e.Status), e.Message})
}

// guarded tells whether the request's path is below one of Guard's prefixes.
func (r *Request) guarded() bool { return r.guards(r.head.path) }

// guards tells it of any path.
func (r *Request) guards(path []byte) bool {
	if r.c == nil || r.c.srv.options.EOS == nil {
		return false
	}
	for _, prefix := range r.c.srv.options.EOS.Guard {
		n := len(prefix)
		if len(path) == n-1 && prefix[n-1] == '/' {
			n-- // "/api" is what a route "/api/" takes too
		}
		if len(path) >= n && fold(path[:n], prefix[:n]) {
			return true
		}
	}
	return false
}

// intercept takes identity headers of untrusted peers out, and stands in the way
// of who is not let in: false lets the request pass now.
func (s *Server) intercept(req *Request, res *Response) bool {
	o := s.options.EOS
	if p, ok := o.Verifier.(*eos.TrustedProxy); ok && !trusts(p, req.peer()) {
		req.hide(p)
	}
	if m := s.mounted(req.head.path, len(req.head.path)); m != nil && m.open || !req.guarded() {
		return false
	}
	if o.Cors.Apply(req, res) {
		return true
	}
	passed, later := false, false
	s.guard(req, res, func() {
		req.identify(func(info *eos.Info, err error) {
			if e := req.Refusal(info, err); e != nil {
				res.refuse(e)
			} else if passed = true; later {
				s.route(req, res)
			}
		})
	})
	later = true
	return !passed
}

// HandleOpen is Handle for one whom the guard leaves alone: it calls Identify
// and Refusal itself, for those of its requests that open something.
func (s *Server) HandleOpen(prefix string, h Handler) {
	s.mounts = append(s.mounts, mount{prefix: prefix, handler: h, open: true})
}

// HandleSessions is HandleOpen for one who has sessions that poll: a user's page
// asks as often as there is news, and an answer of 429 would end its session. So
// Options.Rate does not count these requests; h calls Throttled for those that
// belong to no session, and bounds the others by itself.
func (s *Server) HandleSessions(prefix string, h Handler) {
	s.mounts = append(s.mounts, mount{prefix: prefix, handler: h, open: true, lax: true})
}

// Throttled counts a request of a prefix of HandleSessions for Options.Rate, and
// tells whether that was too many: then it is answered. Others were counted.
func (r *Request) Throttled(res *Response) bool {
	if r.c == nil || res.Ended() {
		return false
	}
	s := r.c.srv
	m := s.mounted(r.head.path, len(r.head.path))
	return m != nil && m.lax && s.throttle(r, res)
}

// Group is the user's group; a guest is who is nobody or unknown.
func (r *Request) Group() eos.Group {
	if r.eos == nil || r.eos.User == nil || r.c == nil || r.c.srv.options.EOS == nil ||
		r.c.srv.options.EOS.Accounts == nil {
		return eos.Guest
	}
	return r.c.srv.options.EOS.Accounts.GroupOf(r.eos.User.Acoid)
}

// EOS tells the options in force, nil for none. They are not to be changed.
func (s *Server) EOS() *EOSOptions { return s.options.EOS }

// EOSMiddleware identifies the request: those behind it find the user in EOS. A
// bad token is refused as the guard does it, nobody passes as nobody.
func EOSMiddleware() Middleware {
	return Member(eos.MiddlewareEOS, func(req *Request, res *Response, next Next) {
		req.identify(func(info *eos.Info, err error) {
			if e := req.Refusal(info, err); e != nil {
				res.refuse(e)
				return
			}
			next(nil)
		})
	})
}

// RequireGroup identifies the request and lets only users of these groups pass:
// the answer to nobody is 401, to other users 403.
func RequireGroup(groups ...eos.Group) Middleware {
	return Member(eos.MiddlewareEOS, func(req *Request, res *Response, next Next) {
		req.identify(func(info *eos.Info, err error) {
			e := req.Refusal(info, err)
			switch {
			case e != nil:
			case info == nil || info.User == nil:
				e = &Error{401, string(eos.ReasonNone)}
			case !slices.Contains(groups, req.Group()):
				e = &Error{403, "group " + string(req.Group())}
			}
			if e != nil {
				res.refuse(e)
				return
			}
			next(nil)
		})
	})
}
