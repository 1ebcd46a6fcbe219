package middleware

import (
	"encoding/base64"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// SessionOptions say how sessions are kept. The zero value is ready to use.
type SessionOptions struct {
	// Name of the cookie. Default "sid".
	Name string
	// MaxAge is how long a session lives without a request, or from its begin on if
	// Fixed is set. Default 24 h.
	MaxAge time.Duration
	Fixed  bool
	// Store keeps the sessions. Default: memory, at most MaxSessions of them,
	// default 1000.
	Store       Store
	MaxSessions int
	// Path, Domain and SameSite of the cookie; it is HttpOnly always, and Secure
	// when the request came by TLS, or always if Secure is set. Default "/", the
	// host only, Lax.
	Path, Domain string
	SameSite     webapp.SameSite
	Secure       bool
}

// sessionIDBytes is what an id has of the system's random source: 144 bits.
const sessionIDBytes = 18

type sessionKey struct{}

// SessionData is a session as its requests see it. Values are the app's; what
// outlives the process only in an outside Store is that Store's to say.
type SessionData struct {
	o       *SessionOptions
	store   Store
	loop    *poll.Loop
	id      string // "" until something is to be kept
	values  map[string]any
	sent    bool // the peer came with a cookie
	changed bool // to be saved
	named   bool // the peer is to be told the id
	gone    bool
	stored  bool // the store has, or had, it under this id
}

// Session keeps values for a peer between its requests: [SessionOf] returns them.
// The cookie holds nothing but a random id; one that the store does not know is
// not taken, so that nobody can choose another's id beforehand. A session in which
// nothing was set is not kept and sends no cookie.
func Session(o SessionOptions) webapp.Middleware {
	set(&o.Name, "sid")
	set(&o.MaxAge, 24*time.Hour)
	set(&o.MaxSessions, 1000)
	set(&o.SameSite, webapp.SameSiteLax)
	if _, err := webapp.AppendCookie(nil, o.cookie("", o.Secure)); err != nil {
		panic("middleware: session: " + err.Error())
	}
	return webapp.Member(eos.MiddlewareSession, func(req *webapp.Request, res *webapp.Response, next webapp.Next) {
		if req.Value(sessionKey{}) != nil {
			next(nil)
			return
		}
		loop := req.Server().Loop()
		if o.Store == nil {
			o.Store = NewMemoryStore(loop, o.MaxSessions)
		}
		s := &SessionData{o: &o, store: o.Store, loop: loop}
		req.SetValue(sessionKey{}, s)
		secure := o.Secure || req.Secure()
		res.OnHead(func(res *webapp.Response) { s.tell(res, secure) })
		res.OnEnd(func(*webapp.Response, webapp.Ending) { s.save() })
		id, sent := req.CookieLookup(o.Name)
		s.sent = sent
		if !isSessionID(id) {
			next(nil)
			return
		}
		asked := string(id)
		s.store.Load(asked, func(values map[string]any, err error) {
			if values != nil && err == nil && s.id == "" {
				s.id, s.values, s.stored = asked, values, true
				s.changed, s.named = !o.Fixed, !o.Fixed // it lives on
			}
			next(err)
		})
	})
}

// SessionOf is the session of a request. It panics if Session did not run, which
// is a mistake of the program.
func SessionOf(req *webapp.Request) *SessionData {
	s, ok := req.Value(sessionKey{}).(*SessionData)
	if !ok {
		panic("middleware: SessionOf needs Session in front")
	}
	return s
}

// ID is the session's id, "" while there is nothing to keep. It is a secret of the
// peer's: not for logs.
func (s *SessionData) ID() string { return s.id }

// Get is a value, nil if it is not set.
func (s *SessionData) Get(key string) any { return s.values[key] }

// Set sets a value. It is kept if it is set before the response has ended; a new
// session must be there before the headers are sent, which tell the peer.
func (s *SessionData) Set(key string, value any) {
	if s.values == nil {
		s.values = make(map[string]any)
	}
	s.values[key] = value
	s.touch()
}

// Unset takes a value away.
func (s *SessionData) Unset(key string) {
	if _, ok := s.values[key]; ok {
		delete(s.values, key)
		s.touch()
	}
}

func (s *SessionData) touch() {
	s.changed, s.gone = true, false
	if s.id == "" {
		s.id, s.named, s.stored = s.newID(), true, false
	}
}

// Regenerate gives the session another id and keeps its values: to be called when
// somebody signs in, so that an id from before is worth nothing.
func (s *SessionData) Regenerate() {
	if s.id != "" {
		s.store.Delete(s.id)
		s.id = ""
	}
	values := make(map[string]any, len(s.values))
	for k, v := range s.values {
		values[k] = v
	}
	s.values = values
	s.touch()
}

// Destroy ends the session: to be called when somebody signs out.
func (s *SessionData) Destroy() {
	if s.id != "" {
		s.store.Delete(s.id)
	}
	s.id, s.values = "", nil
	s.changed, s.named, s.gone = false, false, true
}

// newID draws an id.
func (s *SessionData) newID() string {
	var b [sessionIDBytes]byte
	s.loop.Random(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// tell saves the session and sets its cookie, right before the headers are sent.
func (s *SessionData) tell(res *webapp.Response, secure bool) {
	s.save()
	switch {
	case s.gone && s.sent:
		res.ClearCookie(*s.o.cookie("", secure))
	case s.named:
		s.named = false
		c := s.o.cookie(s.id, secure)
		c.MaxAge = s.o.MaxAge
		res.Cookie(*c)
	}
}

func (s *SessionData) save() {
	if !s.changed {
		return
	}
	s.changed = false
	if u, ok := s.store.(Updater); ok && s.stored {
		u.Update(s.id, s.values, s.o.MaxAge)
	} else {
		s.store.Save(s.id, s.values, s.o.MaxAge)
	}
	s.stored = true
}

// cookie is the session's cookie.
func (o *SessionOptions) cookie(id string, secure bool) *webapp.Cookie {
	return &webapp.Cookie{
		Name: o.Name, Value: id, Path: o.Path, Domain: o.Domain,
		HTTPOnly: true, Secure: secure || o.SameSite == webapp.SameSiteNone, SameSite: o.SameSite,
	}
}

// isSessionID: no store is asked for what newID cannot have made.
func isSessionID(id []byte) bool {
	var b [sessionIDBytes + 3]byte
	if len(id) != base64.RawURLEncoding.EncodedLen(sessionIDBytes) {
		return false
	}
	_, err := base64.RawURLEncoding.Strict().Decode(b[:], id)
	return err == nil
}
