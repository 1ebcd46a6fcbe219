package eio

import (
	"errors"
	"testing"
	"time"

	"github.com/edgesio/edgesio/webapp"
)

// mainOptions are those of the recordings.
var mainOptions = Options{
	UpgradeTimeout: 500 * time.Millisecond, MaxHTTPBufferSize: 1000,
	AllowRequest: func(req *webapp.Request, decide func(error)) {
		if req.Query("deny") == "1" {
			decide(errors.New("Thou shall not pass")) //nolint:revive // as in the recording
			return
		}
		decide(nil)
	},
}

func TestHandshake(t *testing.T) { talk(t, mainOptions, handshakes) }

var handshakes = []conversation{
	{"e4.open", "polling handshake", `
		get 4 -> open`},
	{"e4.sid-empty", "an empty sid is a new handshake", `
		get 4&sid= -> open`},
	{"e4.path", "all below the path is the engine's", `
		get /engine.io?EIO=4&transport=polling -> 404 "Not Found" {content-type: text/plain; charset=utf-8}
		get /engine.iox/?EIO=4&transport=polling -> 404 "Not Found" {content-type: text/plain; charset=utf-8}
		get / -> 404 "Not Found" {content-type: text/plain; charset=utf-8}
		get 4 -> open
		get /engine.io/abc?EIO=4&transport=polling -> open`},
	{"e4.err.transport", "unknown transports", `
		get ?EIO=4 -> code 0
		get ?EIO=4&transport=abc -> code 0
		get ?EIO=4&transport=constructor -> code 0
		get ?EIO=4&transport=__proto__ -> code 0
		get ?EIO=4&transport=webtransport -> code 0
		get ?EIO=4&transport= -> code 0
		get ?EIO=4&Transport=polling -> code 0`},
	{"e4.err.sid", "unknown session", `
		get ?EIO=4&transport=polling&sid=nope -> code 1
		post ?EIO=4&transport=polling&sid=nope "4a" -> code 1
		get ?EIO=4&transport=polling&sid=__proto__ -> code 1
		get ?EIO=4&transport=polling&sid=constructor -> code 1
		get 4 -> open
		get ?EIO=4&transport=polling&sid=$sid%00 -> code 1
		get ?EIO=4&transport=polling&sid=$sid$sid -> code 1`},
	{"e4.err.method", "a handshake is a GET", `
		POST 4 -> code 2
		PUT 4 -> code 2
		DELETE 4 -> code 2
		PATCH 4 -> code 2
		OPTIONS 4 -> code 2
		HEAD 4 -> 400 {content-type: application/json}`},
	{"e4.err.method-sid", "odd methods on a session leave it alone", `
		get 4 -> open
		# the reference answers 500
		PUT sid -> 405 {allow: GET, POST}
		DELETE sid -> 405 {allow: GET, POST}
		OPTIONS sid -> 405 {allow: GET, POST}
		HEAD sid -> 405 {allow: GET, POST}
		reason open`},
	{"e4.err.ws-no-upgrade", "transport=websocket without an upgrade", `
		get ?EIO=4&transport=websocket -> code 3`},
	{"e4.err.mismatch", "a session's transport is not another's", `
		get 4 -> open
		get ?EIO=4&transport=websocket&sid=$sid -> code 3
		post sid "4a" -> ok
		get sid -> payload "4a"`},
	{"e4.err.protocol-mismatch", "nor its protocol", `
		get 4 -> open
		get ?EIO=3&transport=polling&sid=$sid -> code 3
		get ?transport=polling&sid=$sid -> code 3
		post sid "4a" -> ok
		get sid -> payload "4a"`},
	{"e4.err.deny", "AllowRequest says no", `
		get 4&deny=1 -> 403 {content-type: application/json} "{\"code\":4,\"message\":\"Thou shall not pass\"}"
		w: ws 4&deny=1 -> plain "Thou shall not pass"
		w -> end`},
	{"e4.err.ws-http", "a WebSocket request is refused in plain text", `
		a: ws ?EIO=4&transport=websocket&sid=nope -> plain "Session ID unknown"
		a -> end
		b: ws ?EIO=4&transport=abc -> plain "Transport unknown"
		b -> end
		c: ws ?EIO=4 -> plain "Transport unknown"
		c -> end`},
	{"e3.open", "polling handshake", `
		get 3 -> open`},
	{"e3.open-b64", "polling handshake, b64=1", `
		get 3&b64=1 -> open`},
	{"e3.eio-missing", "what is not 4 is 3", `
		get 3 -> open
		get ?transport=polling -> open
		get ?EIO=abc&transport=polling -> open
		get ?EIO=2&transport=polling -> open
		get ?EIO=5&transport=polling -> open
		get ?EIO=4x&transport=polling -> open
		get ?EIO=1&EIO=4&transport=polling -> open`},
	{"e3.options", "OPTIONS without CORS", `
		OPTIONS 3 {Origin: http://a.example} {Access-Control-Request-Method: POST} -> code 2
		get 3 -> open
		# the reference answers 500
		OPTIONS sid {Origin: http://a.example} -> 405 {allow: GET, POST}
		get ?EIO=3&transport=abc {Origin: http://a.example} -> code 0`},
}

func TestRefusals(t *testing.T) {
	t.Run("RefuseUpgrades", func(t *testing.T) {
		hold(newRig(t, 1, quietly, Options{RefuseUpgrades: true}), conversation{"def.open", "allowUpgrades: false", `
			get 4 -> open
			# the reference switches and then closes
			w: ws sid -> plain "Bad request"
			v: ws 4 -> switch
			v -> greeting`})
	})
	t.Run("Transports", func(t *testing.T) {
		hold(newRig(t, 1, quietly, Options{Transports: []string{"websocket"}}), conversation{"", "WebSocket only", `
			get 4 -> code 0
			w: ws 4 -> switch
			w -> greeting`})
		hold(newRig(t, 1, quietly, Options{Transports: []string{"polling"}}), conversation{"", "polling only", `
			w: ws 4 -> plain "Transport unknown"
			get 4 -> open
			v: ws sid -> plain "Transport unknown"`})
	})
	t.Run("MaxSessions", func(t *testing.T) {
		hold(newRig(t, 1, quietly, Options{MaxSessions: 1}), conversation{"", "503 before anything is allocated", `
			w: ws 4 -> switch
			w -> greeting
			get 4 -> 503 {retry-after: 5}
			v: ws 4 -> 503 {retry-after: 5}
			w: reset
			get 4 -> open
			u: ws sid -> switch`})
	})
}

func TestOptionErrors(t *testing.T) {
	for name, o := range map[string]Options{
		"transport":   {Transports: []string{"polling", "carrier pigeon"}},
		"negative":    {PingInterval: -1},
		"credentials": {Cors: &webapp.Cors{Credentials: true}},
	} {
		if _, err := New(nil, o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
