package eio

import "testing"

func TestUpgrade(t *testing.T) { talk(t, mainOptions, upgrades) }

var upgrades = []conversation{
	{"e4.up.ok", "probe, noop for the standing poll, upgrade; HTTP is refused then", `
		get 4 -> open
		g: get sid -> nothing
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		g -> nothing
		wait 100ms
		g -> payload "6"
		w: text "5" -> nothing
		w: text "4hello" -> text "4hello"
		get sid -> code 3
		post sid "4x" -> code 3
		w: text "4still" -> text "4still"`},
	{"e4.up.noop-when", "a poll after the probe", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		wait 50ms
		g: get sid -> nothing
		wait 49ms
		g -> nothing
		wait 1ms
		g -> payload "6"
		h: get sid -> nothing
		wait 100ms
		h -> payload "6"`},
	{"e4.up.no-probe-no-noop", "before the probe a poll stands", `
		get 4 -> open
		w: ws sid -> switch
		g: get sid -> nothing
		wait 400ms
		g -> nothing
		post sid "4a" -> ok
		g -> payload "4a"`},
	{"e4.up.early-5", "probe and upgrade back to back", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe"
		w: text "5"
		w: text "4a" -> text "3probe"
		w -> text "4a"`},
	{"e4.up.no-probe", "an upgrade without a probe", `
		get 4 -> open
		w: ws sid -> switch
		# the reference takes it
		w: text "5" -> close
		w -> end
		post sid "4alive" -> ok
		get sid -> payload "4alive"`},
	{"e4.up.pending-at-5", "a poll that stands when the upgrade comes", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		g: get sid -> nothing
		w: text "5" -> nothing
		# the reference answers 1
		g -> payload "6"
		w: text "4a" -> text "4a"`},
	{"e4.up.buffered", "what waits for a poll goes over the WebSocket", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		post sid "4!burst" -> ok
		w: text "5"
		w: text "4last" -> text "4m1"
		w -> text "4m2"
		w -> text "4m3"
		w -> text "4last"`},
	{"e4.up.buffered-mixed", "binary too, in its own form", `
		get 4&b64=1 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		post sid "4!mixed" -> ok
		w: text "5" -> text "4t1"
		w -> text "bAQIDBA=="
		w -> text "4€"`},
	{"e4.up.bad-first", "something else than a probe", `
		get 4 -> open
		w: ws sid -> switch
		w: text "4foo" -> close
		w -> end
		post sid "4alive" -> ok
		get sid -> payload "4alive"
		v: ws sid -> switch
		v: text "2probe" -> text "3probe"`},
	{"e4.up.twice", "a second WebSocket while one is on trial", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		v: ws sid -> switch
		v -> close
		v -> end
		w: text "5" -> nothing
		w: text "4a" -> text "4a"`},
	{"e4.up.after", "and after the upgrade", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		w: text "5" -> nothing
		v: ws sid -> switch
		v -> close
		v -> end
		w: text "4a" -> text "4a"`},
	{"e4.up.ws-sid", "and for a session that began on one", `
		w: ws 4 -> switch
		w -> greeting
		v: ws sid -> switch
		# the reference lets it hang
		v -> close
		v -> end
		w: text "4a" -> text "4a"`},
	{"e4.up.timeout", "a probe that never comes", `
		get 4 -> open
		w: ws sid -> switch
		wait 499ms
		w -> nothing
		wait 1ms
		w -> close
		w -> end
		post sid "4alive" -> ok
		get sid -> payload "4alive"`},
	{"up.timeout-probed", "an upgrade that never comes", `
		get 4 -> open
		w: ws sid -> switch
		wait 450ms
		w: text "2probe" -> text "3probe"
		wait 49ms
		w -> nothing
		wait 1ms
		w -> close
		post sid "4alive" -> ok
		get sid -> payload "4alive"`},
	{"up.timeout-reprobe", "probing again and again is no way around it", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		g: get sid -> nothing
		wait 90ms
		w: text "2probe" -> text "3probe"
		wait 90ms
		g -> payload "6"
		w: text "2probe" -> text "3probe"
		wait 90ms
		w: text "2probe" -> text "3probe"
		wait 90ms
		w: text "2probe" -> text "3probe"
		wait 90ms
		w: text "2probe" -> text "3probe"
		wait 50ms
		w -> close
		w -> end`},
	{"e4.up.reprobe", "two probes", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		w: text "2probe" -> text "3probe"
		w: text "5"
		w: text "4a" -> text "4a"`},
	{"e4.up.ping-noprobe", "a ping that is no probe", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2" -> close`},
	{"e4.up.session-closed", "the session closes meanwhile", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		post sid "1" -> ok
		reason transport close
		w -> close
		w -> end`},
	{"up.server-close", "the server closes meanwhile, with packets waiting", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		post sid "4!burst-close" -> ok
		reason open
		w: text "5" -> text "4m1"
		w -> text "4m2"
		w -> close
		reason forced close`},
	{"up.broken", "a probe that breaks off harms nobody", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		w: reset
		v: ws sid -> switch
		v: fin -> end
		u: ws sid -> switch
		u: text "2probe" -> text "3probe"
		u: shut 1000 -> close 1000
		x: ws sid -> switch
		x: text "2probe" a*1000 -> close 1009
		post sid "4alive" -> ok
		get sid -> payload "4alive"`},
	{"up.post", "a POST under way when the upgrade comes is dropped", `
		get 4 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		p: begin sid 5 "4a"
		w: text "5" -> nothing
		p -> end
		w: text "4a" -> text "4a"`},
	{"e4.up.proto", "the upgrade of another protocol", `
		get 4 -> open
		w: ws ?EIO=3&transport=websocket&sid=$sid -> plain "Bad request"
		w -> end`},
	{"up.deny", "AllowRequest is asked about upgrades too", `
		get 4 -> open
		w: ws sid&deny=1 -> plain "Thou shall not pass"
		post sid "4alive" -> ok
		get sid -> payload "4alive"`},
	{"e3.up", "protocol 3", `
		get 3 -> open
		g: get sid -> nothing
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		wait 100ms
		g -> payload "1:6"
		w: text "5" -> nothing
		w: text "4hello" -> text "4hello"
		w: bin x040908 -> bin x040908
		get sid -> code 3`},
	{"e3.up.pending-at-5", "a poll that stands when the upgrade comes", `
		get 3 -> open
		w: ws sid -> switch
		w: text "2probe" -> text "3probe"
		g: get sid -> nothing
		w: text "5" -> nothing
		# the reference answers 1:1
		g -> payload "1:6"`},
}
