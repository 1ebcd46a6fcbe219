package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// With -eos clients are users: GET /token?user=ada signs one in and tells {token, srand}; age=120 makes the srand one
// that is two minutes old, life=1 a token that ends in 1 s. GET /api/me, below the guard, tells who asks.

// userPolicy is what the suite's users may do.
const userPolicy = `default deny
allow connect *     /
allow connect admin /chat
allow emit    *     * who rooms join
allow emit    admin * echo drop
allow receive *     * *
deny  receive user  * announced
allow join    *     * room:*
`

// issuer signs with a key that only this test has.
var issuer = eos.Issuer{Key: eos.Key{ID: "interop", Secret: []byte("a secret of the interop suite, not of a device")}}

// users are the options of an app whose clients are users.
func users() *webapp.EOSOptions {
	return &webapp.EOSOptions{
		Verifier: &eos.TrustedProxy{
			Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
			Next:      &eos.SignedToken{Keys: []eos.Key{issuer.Key}},
		},
		Accounts: eos.AccountTable{"ada": eos.Admin, "bob": eos.Member},
	}
}

// police gives the server the policy.
func police(o *sio.Options) {
	policy, err := eos.LoadPolicy(strings.NewReader(userPolicy))
	check(err)
	o.Policy, o.DisconnectExpired = policy, true
}

// signIn adds the routes.
func signIn(app *webapp.App) {
	app.Get("/token", func(req *webapp.Request, res *webapp.Response) {
		now, mint := app.Loop().Time(), issuer
		var age, life int
		_, _ = fmt.Sscan(req.Query("age"), &age)
		if _, err := fmt.Sscan(req.Query("life"), &life); err == nil {
			mint.Lifetime = time.Duration(life) * time.Second
		}
		token, srand, err := mint.Sign(eos.User{Acoid: req.Query("user")}, eos.Local, now)
		if err == nil && age > 0 {
			srand, err = mint.Renew(token, now.Add(-time.Duration(age)*time.Second))
		}
		check(err)
		res.JSON(map[string]string{"token": token, "srand": srand})
	})
	app.All("/api/me", func(req *webapp.Request, res *webapp.Response) {
		res.JSON(map[string]string{"acoid": req.EOS().Acoid(), "group": string(req.Group())})
	})
}

// serveUsers adds what the users' cases need of a namespace, in place of what the others have.
func serveUsers(ns *sio.Namespace) {
	ns.RemoveAllListeners("join", "who")
	ns.On("drop", func(e *sio.Event) { e.Socket().Conn().Close(true) }) // as a network that fails
	ns.On("join", func(e *sio.Event) {
		if err := e.Socket().Join(e.String(0)); err != nil {
			e.Ack(map[string]any{"error": err})
			return
		}
		e.Ack()
	})
	ns.On("who", func(e *sio.Event) {
		s := e.Socket()
		ns.To(s.ID()).Emit("announced", s.EOS().Acoid())
		e.Ack(map[string]string{"acoid": s.EOS().Acoid(), "group": string(s.Group())})
	})
}
