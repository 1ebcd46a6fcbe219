package eio

import (
	"testing"

	"github.com/edgesio/edgesio/webapp"
)

const goodOrigin = `{vary: Origin} {access-control-allow-origin: http://good.example} ` +
	`{access-control-allow-credentials: true}`

const sidCookie = `{set-cookie: io=$sid; Path=/; HttpOnly; SameSite=Lax} `

var corsAndCookie = []conversation{
	{"cors.preflight", "preflight", `
		OPTIONS 4 {Origin: http://good.example} {Access-Control-Request-Method: POST} -> 204 ` + goodOrigin +
		` {access-control-allow-methods: GET,POST} {access-control-allow-headers: x-foo}`},
	{"cors.get", "the one origin is named to everyone; who may read is the browser's business", `
		get 4 {Origin: http://good.example} -> open ` + sidCookie + goodOrigin + `
		get 4 {Origin: http://bad.example} -> open ` + sidCookie + goodOrigin + `
		get 4 -> open ` + sidCookie + goodOrigin},
	{"cors.err", "on errors too", `
		get ?EIO=4&transport=abc {Origin: http://good.example} -> code 0 ` + goodOrigin + `
		get ?EIO=4&transport=polling&sid=nope {Origin: http://good.example} -> code 1 ` + goodOrigin},
	{"cors.cookie", "the cookie comes once", `
		get 4 -> open ` + sidCookie + goodOrigin + `
		post sid "4a" -> ok ` + goodOrigin + `
		get sid -> payload "4a" ` + goodOrigin + `
		g: get sid -> nothing
		post sid "4b" -> ok ` + goodOrigin + `
		g -> payload "4b" ` + goodOrigin},
	{"cors.cookie-ws", "and with a WebSocket", `
		# the reference sends none
		w: ws 4 -> switch ` + sidCookie + goodOrigin},
	{"cors.ws", "a WebSocket of another origin: no browser would stop it", `
		v: ws 4 {Origin: http://good.example} -> switch ` + sidCookie + goodOrigin + `
		a: ws 4 {Origin: http://bad.example} -> plain "Forbidden" ` + goodOrigin + `
		b: ws 4 {Origin: null} -> plain "Forbidden" ` + goodOrigin + `
		c: ws 4 {Origin: https://good.example} -> plain "Forbidden" ` + goodOrigin + `
		d: ws 4 {Origin: http://good.example:8080} -> plain "Forbidden" ` + goodOrigin + `
		e: ws 4 {Origin: http://good.example.evil} -> plain "Forbidden" ` + goodOrigin + `
		get 4 {Origin: http://bad.example} -> open ` + sidCookie + goodOrigin + `
		f: ws sid {Origin: http://bad.example} -> plain "Forbidden" ` + goodOrigin},
	{"cors.eio3", "allowEIO3: false", `
		get 3 -> code 5 ` + goodOrigin + `
		get ?transport=polling -> code 5 ` + goodOrigin + `
		# the reference switches and then writes HTTP
		w: ws 3 -> plain "Unsupported protocol version" ` + goodOrigin + `
		w -> end`},
}

func TestCorsAndCookie(t *testing.T) {
	o := Options{RefuseEIO3: true, Cookie: &webapp.Cookie{Name: "io", HTTPOnly: true, SameSite: webapp.SameSiteLax}}
	o.Cors = &webapp.Cors{Origins: []string{"http://good.example"}, Credentials: true,
		Methods: []string{"GET", "POST"}, AllowedHeaders: []string{"x-foo"}}
	talk(t, o, corsAndCookie)
	hold(newRig(t, 1, quietly, Options{Cors: &webapp.Cors{}}), conversation{"", "everyone", `
		get 4 {Origin: http://a.example} -> open {access-control-allow-origin: *}
		w: ws 4 {Origin: http://b.example} -> switch {access-control-allow-origin: *}`})
}
