package eio

import (
	"testing"
	"time"
)

// TestHeartbeatConversations: pings come every 300 ms, rounded up to a sixteenth
// (18 ms) so that sessions share a wake-up, and a client has 200 ms.
func TestHeartbeatConversations(t *testing.T) {
	o := Options{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}
	for _, c := range heartbeats {
		t.Run(c.id, func(t *testing.T) { hold(newRig(t, 1, quietly, o), c) })
	}
}

var heartbeats = []conversation{
	{"hb4.ws", "the server pings every pingInterval", `
		w: ws 4 -> switch
		w -> greeting
		wait 299ms
		w -> nothing
		wait 18ms
		w -> text "2"
		w: text "3" -> nothing
		wait 299ms
		w -> nothing
		wait 18ms
		w -> text "2"
		w: text "3" -> nothing
		wait 318ms
		w -> text "2"`},
	{"hb4.ws-timeout", "no pong", `
		w: ws 4 -> switch
		w -> greeting
		wait 318ms
		w -> text "2"
		wait 170ms
		w -> nothing
		wait 30ms
		w -> close
		w -> end
		reason ping timeout`},
	{"hb4.ws-refresh", "any packet puts the deadline off", `
		w: ws 4 -> switch
		w -> greeting
		wait 318ms
		w -> text "2"
		wait 120ms
		w: text "4x" -> text "4x"
		wait 180ms
		w -> nothing
		wait 40ms
		w -> close
		reason ping timeout`},
	{"hb4.poll", "polling", `
		get 4 -> open
		g: get sid -> nothing
		wait 318ms
		g -> payload "2"
		post sid "3" -> ok
		g: get sid -> nothing
		wait 318ms
		g -> payload "2"
		post sid "3" -> ok`},
	{"hb4.poll-timeout", "polling without a poll", `
		get 4 -> open
		wait 520ms
		reason ping timeout
		get sid -> code 1`},
	{"hb4.poll-timeout-pending", "a poll that stands at the timeout", `
		get 4 -> open
		g: get sid -> nothing
		wait 318ms
		g -> payload "2"
		g: get sid -> nothing
		wait 200ms
		g -> payload "1"
		reason ping timeout`},
	{"hb4.up", "on it goes after an upgrade", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		w: text "5" -> nothing
		wait 318ms
		w -> text "2"
		w: text "3" -> nothing
		wait 318ms
		w -> text "2"
		wait 200ms
		w -> close
		reason ping timeout`},
	{"hb4.up-between", "a ping that waits for a poll goes over the WebSocket", `
		get 4 -> open
		w: ws sid -> switch
		wait 318ms
		w: text "2probe" -> text "3probe"
		w: text "5" -> text "2"
		w: text "3" -> nothing
		wait 318ms
		w -> text "2"`},
	{"hb3.ws", "the client pings; silence closes", `
		w: ws 3 -> switch
		w -> greeting
		wait 250ms
		w: text "2" -> text "3"
		wait 250ms
		w: text "2" -> text "3"
		wait 499ms
		w -> nothing
		wait 20ms
		w -> close
		w -> end
		reason ping timeout`},
	{"hb3.ws-data", "any packet keeps a session", `
		w: ws 3 -> switch
		w -> greeting
		# as the server of protocol 3 has it; that of protocol 4 counts pings only
		wait 400ms
		w: text "4k" -> text "4k"
		wait 400ms
		w: text "4k" -> text "4k"
		wait 400ms
		w: text "4k" -> text "4k"
		reason open`},
	{"hb3.up-silent", "silence after an upgrade", `
		get 3 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		w: text "5" -> nothing
		wait 520ms
		# the reference forgets the session
		w -> close
		reason ping timeout`},
	{"hb3.up-ping-silent", "a ping after an upgrade, then silence", `
		get 3 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		w: text "5" -> nothing
		wait 50ms
		w: text "2" -> text "3"
		wait 520ms
		w -> close
		reason ping timeout`},
	{"hb3.poll", "polling", `
		get 3 -> open
		wait 450ms
		post sid "1:2" -> ok
		get sid -> payload "1:3"
		g: get sid -> nothing
		wait 520ms
		g -> payload "1:1"
		reason ping timeout`},
}

// TestClosingTimeout: polls that should take the rest have 30 s to come,
// whatever the heartbeat thinks.
func TestClosingTimeout(t *testing.T) {
	for _, o := range []Options{
		{}, {PingInterval: time.Second, PingTimeout: time.Second}, {PingInterval: time.Hour, PingTimeout: time.Hour},
	} {
		hold(newRig(t, 1, quietly, o), conversation{"", "", `
			get 4 -> open
			post sid "4!burst-close" -> ok
			wait 29s
			reason open
			wait 1s
			reason forced close`})
	}
}
