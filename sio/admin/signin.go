package admin

import (
	"encoding/hex"
	"errors"

	"github.com/edgesio/edgesio/sio"
)

// What the page shows; it knows the first one in its user's language.
var (
	errCredentials = errors.New("invalid credentials")
	errViewers     = errors.New("too many admins look already")
)

// maxTyped bounds user and password, in bytes.
const maxTyped = 256

// admit is the middleware of the namespace: a session that holds, or user and password.
func (a *Admin) admit(s *sio.Socket, next func(error)) {
	if len(a.viewers) >= a.options.MaxViewers {
		a.stats.Refused++
		next(errViewers)
		return
	}
	var auth struct {
		SessionID string `json:"sessionId"`
		Username  string `json:"username"`
		Password  string `json:"password"`
	}
	h := s.Handshake()
	if h.BindAuth(&auth) != nil || len(auth.Username) > maxTyped || len(auth.Password) > maxTyped {
		next(errCredentials)
		return
	}
	if a.sessions.holds(auth.SessionID, a.loop.Now()) {
		next(nil)
		return
	}
	if auth.Username == "" && auth.Password == "" { // a session that ended: the page asks its user
		next(errCredentials)
		return
	}
	decided := false
	a.options.Auth(Credentials{auth.Username, auth.Password, h.RemoteAddr().Addr()}, func(ok bool) {
		switch {
		case decided:
		case !ok:
			a.stats.Wrong++
			next(errCredentials)
		default:
			a.stats.SignIns++
			s.Data = a.sessions.open(a.loop.Now(), a.loop.Random)
			next(nil)
		}
		decided = true
	})
}

// sessions are the sign-ins that hold, oldest first: they all hold equally long.
type sessions struct {
	limit int
	hold  int64 // ms
	until map[string]int64
	order []string
}

// open makes a session; random fills its argument.
func (x *sessions) open(now int64, random func([]byte)) string {
	var b [16]byte
	random(b[:])
	id := hex.EncodeToString(b[:])
	for x.expire(now); len(x.order) >= x.limit; {
		x.drop()
	}
	if x.until == nil {
		x.until = make(map[string]int64)
	}
	x.until[id] = now + x.hold
	x.order = append(x.order, id)
	return id
}

// holds tells whether a session may be used.
func (x *sessions) holds(id string, now int64) bool {
	x.expire(now)
	_, ok := x.until[id]
	return ok
}

func (x *sessions) expire(now int64) {
	for len(x.order) > 0 && x.until[x.order[0]] <= now {
		x.drop()
	}
}

func (x *sessions) drop() {
	delete(x.until, x.order[0])
	if x.order = x.order[1:]; len(x.order) == 0 {
		x.clear()
	}
}

func (x *sessions) clear() { x.until, x.order = nil, nil }

func (x *sessions) len() int { return len(x.order) }
