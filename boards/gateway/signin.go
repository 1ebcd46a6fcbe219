package main

import (
	"encoding/json"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// desk is where users sign in: it gives out the pair of token and srand that the platform's own front end has for its
// pages, and new srands while the token holds.
type desk struct {
	loop     *poll.Loop
	accounts *accounts
	tokens   *tokens
	attempts *attempts
	started  int64 // loop.Now
}

// renewalName is the header that proves to POST /srand that its sender signed in.
const renewalName = "edger-renewal"

// maxSignIn bounds the body of a sign-in, in bytes.
const maxSignIn = 4 << 10

// What a page gets.
type (
	signedIn struct {
		Token   string    `json:"token"`
		Srand   string    `json:"srand"`
		Renewal string    `json:"renewal"`
		Expires time.Time `json:"expires"`
		User    person    `json:"user"`
	}
	person struct {
		Acoid    string    `json:"acoid"`
		Nickname string    `json:"nickname"`
		Group    eos.Group `json:"group"`
	}
	renewed struct {
		Srand string `json:"srand"`
	}
	me struct {
		User    person      `json:"user"`
		Channel eos.Channel `json:"channel"`
		Expires time.Time   `json:"expires"`
	}
	machine struct {
		Host    string    `json:"host"`
		System  string    `json:"system"`
		Program string    `json:"program"`
		Started time.Time `json:"started"`
	}
)

// serve adds the routes. Those below /api/ are guarded by the app: who gets there is verified.
func (d *desk) serve(app *webapp.App) {
	d.started = d.loop.Now()
	app.Post("/signin", d.signIn)
	app.Post("/srand", d.renew)
	app.Get("/api/me", func(req *webapp.Request, res *webapp.Response) {
		info := req.EOS()
		d.say(res, me{d.person(info.User), info.Channel, info.Expires})
	})
	app.Get("/api/device", func(_ *webapp.Request, res *webapp.Response) {
		host, _ := os.Hostname()
		d.say(res, machine{host, runtime.GOOS + "/" + runtime.GOARCH, "edgesio on " + runtime.Version(), d.since()})
	})
}

// signIn checks name and password, off the loop: a password is slow to check on purpose.
func (d *desk) signIn(req *webapp.Request, res *webapp.Response) {
	from := req.IP()
	req.Body(maxSignIn, func(body []byte, err error) {
		if err != nil {
			res.Fail(err)
			return
		}
		var in struct{ Name, Password string }
		if json.Unmarshal(body, &in) != nil || in.Name == "" || len(in.Password) > maxPassword {
			d.refuse(res, 400, "want a name and a password as JSON")
			return
		}
		d.check(from, in.Name, in.Password, res)
	})
}

func (d *desk) check(from netip.Addr, name, text string, res *webapp.Response) {
	if wait := d.attempts.wait(from); wait > 0 {
		res.Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		d.refuse(res, 429, "too many attempts, try again in a minute")
		return
	}
	busy := d.verify(from, name, text, func(u *user) {
		if u == nil {
			slog.Info("sign-in refused", "addr", from)
			d.refuse(res, 401, "wrong name or password")
			return
		}
		p, err := d.tokens.issue(u, d.loop.Time())
		if err != nil {
			res.Fail(err)
			return
		}
		slog.Info("signed in", "name", u.name, "group", u.group, "addr", from)
		d.say(res, signedIn{p.token, p.srand, p.renewal, p.expires, person{u.acoid, u.nickname, u.group}})
	})
	if busy != nil {
		d.refuse(res, 503, "too many sign-ins at once")
	}
}

// since is when the program started, by the calendar of today: the one of that day may have been wrong.
func (d *desk) since() time.Time {
	return d.loop.Time().Add(time.Duration(d.started-d.loop.Now()) * time.Millisecond)
}

// verify finds the user of a name and a password, off the loop, and calls then with it, or with nil.
func (d *desk) verify(from netip.Addr, name, text string, then func(u *user)) error {
	u, known := d.accounts.byName[name]
	p := d.accounts.nobody
	if known {
		p = u.password
	}
	right := false
	d.attempts.fail(from)
	busy := d.loop.Try(func() error { right = p.is(text); return nil }, func(error) {
		if !known || !right {
			then(nil)
			return
		}
		d.attempts.succeed(from)
		then(u)
	})
	if busy != nil {
		d.attempts.succeed(from)
	}
	return busy
}

// renew makes a srand for a token that still holds. The old one need not be fresh: pages sleep.
func (d *desk) renew(req *webapp.Request, res *webapp.Response) {
	srand, err := d.tokens.renew(req.Header(eos.TokenName), req.Header(renewalName), d.loop.Time(),
		d.accounts.has)
	if err != nil {
		d.refuse(res, 401, err.Error())
		return
	}
	d.say(res, renewed{srand})
}

func (d *desk) person(u *eos.User) person {
	return person{u.Acoid, u.Nickname, d.accounts.GroupOf(u.Acoid)}
}

// say answers with what is meant for this page only.
func (d *desk) say(res *webapp.Response, v any) {
	res.Set("Cache-Control", "no-store").JSON(v)
}

// refuse answers as the guard does.
func (d *desk) refuse(res *webapp.Response, status int, reason string) {
	res.Status(status)
	d.say(res, map[string]any{"status": status, "error": webapp.StatusText(status), "reason": reason})
}
