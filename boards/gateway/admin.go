package main

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/sio/admin"
	"github.com/edgesio/edgesio/webapp"
)

// openAdmin lets the admin UI look, if there is a mode: users of the group admin sign in with their name and password.
func (g *gateway) openAdmin(d *desk, mode string) (err error) {
	switch mode {
	case "":
		return nil
	case "production", "development":
	default:
		return fmt.Errorf("admin: want production or development, not %.40q", mode)
	}
	g.admin, err = admin.New(g.io, admin.Options{Auth: d.signInAdmin, Development: mode == "development",
		Hide: []string{renewalName}})
	return err
}

// signInAdmin is signIn for the admin UI.
func (d *desk) signInAdmin(c admin.Credentials, decide func(ok bool)) {
	if d.attempts.wait(c.Addr) > 0 {
		decide(false)
		return
	}
	busy := d.verify(c.Addr, c.User, c.Password, func(u *user) {
		ok := u != nil && d.accounts.GroupOf(u.acoid) == eos.Admin
		if !ok {
			slog.Info("admin UI: sign-in refused", "addr", c.Addr)
		}
		decide(ok)
	})
	if busy != nil {
		decide(false)
	}
}

// originOf is an origin as browsers send it. One that is none would keep everybody out.
func originOf(text string) (string, error) {
	origin := strings.ToLower(strings.TrimSuffix(text, "/"))
	u, err := url.Parse(origin)
	if text != "" && (err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin) {
		return "", fmt.Errorf("admin-origin: want one such as https://admin.socket.io, not %.60q", text)
	}
	return origin, nil
}

// adminCors lets the page of the admin UI connect, and our own pages; nil without one.
func adminCors(origin string) *webapp.Cors {
	if origin == "" {
		return nil
	}
	return &webapp.Cors{Credentials: true, OriginFunc: func(asks string, req *webapp.Request) bool {
		u, err := url.Parse(asks)
		return asks == origin || err == nil && u.Host != "" && u.Host == req.Header("Host")
	}}
}
