package main

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/edgesio/edgesio/boards/gateway/settings"
)

// bind makes the table of settings, whose values are c's. It is the one place that knows them all: flags, variables of
// the environment, keys of the file, the help text and the listing in settings.md come from it.
func (c *config) bind() {
	t := &settings.Table{Prefix: "EDGESIO_", Reserved: []string{"EDGESIO_HANDOVER"}} // that one is poll/handover's
	t.Settings = append(c.places(), append(c.limits(), c.habits()...)...)
	t.Switches = []settings.Switch{
		{Name: "t", On: &c.test, Doc: "check the settings and the files that they name, and end: " +
			"status 0, or 1 and what is wrong"},
		{Name: "print", On: &c.print, Doc: "print the settings in force, as a file, with where each comes from, " +
			"and end"},
		{Name: "hash", On: &c.hash, Doc: "read a password from standard input, print it for the users' file, and end"},
		{Name: "version", On: &c.version, Doc: "print the version, the release of Go and the machine's kind, and end"},
	}
	c.table = t
}

const (
	live    = settings.Live
	replace = settings.Replace
	restart = settings.Restart
)

// places are names, addresses and files.
func (c *config) places() []settings.Setting {
	text := func(p *string) settings.Value { return settings.Text{P: p} }
	return []settings.Setting{
		{Name: "config", Unit: "file", Outer: true, Change: restart, Value: text(&c.file),
			Doc: "file with settings, a line for each: its name and its value (without the flag: no file)"},
		{Name: "profile", Unit: "name", Def: autoProfile, Change: replace,
			Value: settings.Choice{P: &c.profile, Of: profileNames()},
			Doc: "profile of the board, which has values for some of the limits below: auto looks which board it is, " +
				"none takes the defaults, or one of " + strings.Join(profileNames()[2:], ", ")},
		{Name: "listen", Unit: "address", Def: "127.0.0.1:8000", Change: restart,
			Value: settings.Text{P: &c.listen, Check: checkAddress},
			Doc:   "address, or localhost, and port; without an address all of the machine's"},
		{Name: "name", Unit: "text", Def: "socketio", Change: replace, Value: text(&c.name), Doc: "name of the app"},
		{Name: "parser", Unit: "name", Def: parserJSON, Change: replace,
			Value: settings.Choice{P: &c.parser, Of: []string{parserJSON, parserMsgpack}},
			Doc:   "wire form of the server and all of its clients: json, or msgpack as in socket.io-msgpack-parser"},
		{Name: "users", Unit: "file", Change: replace, Value: text(&c.users),
			Doc: "file of those who may sign in, read again on SIGHUP; a line for each: name acoid group password " +
				"nickname (without it: three with random passwords)"},
		{Name: "policy", Unit: "file", Change: live, Value: text(&c.policy),
			Doc: "file that says what each group may do, read again on SIGHUP (without it: the one in the program)"},
		{Name: "matrix", Unit: "file", Change: replace, Value: text(&c.matrix),
			Doc: "file that takes rows of the permission matrix away (without it: nothing)"},
		{Name: "key", Unit: "file", Change: replace, Value: text(&c.key),
			Doc: "file with 32 bytes or more that sign tokens (without it: random, tokens end with the program)"},
		{Name: "tls-cert", Unit: "file", Change: replace, Value: text(&c.tlsCert),
			Doc: "file with the certificate to speak TLS with, read again on SIGHUP (PEM)"},
		{Name: "tls-key", Unit: "file", Change: replace, Value: text(&c.tlsKey), Doc: "file with its private key (PEM)"},
		{Name: "metrics", Unit: "address", Change: replace,
			Value: settings.Text{P: &c.metrics, Check: checkMetrics},
			Doc:   "address and port for /metrics, beside /healthz and /readyz (without it: no metrics)"},
		{Name: "admin", Unit: "mode", Change: replace,
			Value: settings.Choice{P: &c.admin, Of: []string{"", "production", "development"}},
			Doc: "production or development: let Socket.IO's admin UI look at the namespace /admin; users of group " +
				"admin sign in (without it: it cannot)"},
		{Name: "admin-origin", Unit: "origin", Change: replace,
			Value: settings.Text{P: &c.adminOrigin, Check: checkOrigin},
			Doc: "where the admin UI's page comes from, such as https://admin.socket.io; no page of another origin " +
				"than this one and our own can connect then"},
	}
}

// limits are what the program may use, and peers. A profile has those that depend on the board.
func (c *config) limits() []settings.Setting {
	return []settings.Setting{
		{Name: "memory", Unit: "size", Def: "auto", Change: replace,
			Value: settings.Size{P: &c.memory, Min: 4 << 20, Max: 1 << 42, Off: true, Auto: true},
			Doc: "most memory to use, or off (auto: GOMEMLIMIT, or memory-share of the board's, but not more than 75 % " +
				"of the container's)"},
		{Name: "memory-share", Unit: "percent", Def: "50", Change: replace,
			Value: settings.Number{P: &c.memoryShare, Min: 1, Max: 90},
			Doc:   "part of the board's memory to use, or of the container's where the profile auto finds one that is small"},
		{Name: "gc", Unit: "percent", Def: "50", Change: live, Value: settings.Number{P: &c.gc, Min: 5, Max: 1000},
			Doc: "growth of the heap until garbage is collected; GOGC wins over the profile and the default"},
		{Name: "max-conns", Unit: "number", Def: "2000", Change: live,
			Value: settings.Number{P: &c.maxConns, Min: 1, Max: 1 << 20},
			Doc: "connections at a time, fewer if the process may not open as many descriptors; more wait in the " +
				"kernel's queue"},
		{Name: "max-conns-per-address", Unit: "number", Def: "auto", Change: live,
			Value: settings.Number{P: &c.connsPerAddress, Min: 1, Max: 1 << 20, Off: true, Auto: true},
			Doc: "connections of one address, which may be a house or an office behind its router, or off, behind a " +
				"proxy (auto: three quarters of max-conns)"},
		{Name: "requests-per-address", Unit: "number", Def: "300", Change: live,
			Value: positive(&c.requestsPerAddress),
			Doc:   "connections and requests of one address in a second, five times as many at once, or off"},
		{Name: "handshakes", Unit: "number", Def: "100", Change: live, Value: positive(&c.handshakes),
			Doc: "clients that may come in a second, four times as many at once; more get 503 and come again; or off"},
		{Name: "handshakes-per-address", Unit: "number", Def: "400", Change: live,
			Value: positive(&c.handshakesPerAddress),
			Doc:   "clients that may come from one address at once, and in each ten seconds, or off"},
		{Name: "events-per-client", Unit: "number", Def: "500", Change: live, Value: positive(&c.events),
			Doc: "packets that one client may send in a second, four times as many at once, or off"},
		{Name: "bytes-per-client", Unit: "size", Def: "512K", Change: live, Value: amount(&c.input, 1<<10, true),
			Doc: "what one client may send in a second, eight times as much at once, or off"},
		{Name: "max-payload", Unit: "size", Def: "1000000", Change: replace, Value: amount(&c.maxPayload, 1<<10, false),
			Doc: "largest message"},
		{Name: "output-soft", Unit: "size", Def: "256K", Change: live, Value: amount(&c.outputSoft, 4<<10, false),
			Doc: "what may wait for a client that does not read; above it for 10 s the connection is closed"},
		{Name: "output-hard", Unit: "size", Def: "4M", Change: live, Value: amount(&c.outputHard, 4<<10, false),
			Doc: "above it the connection is closed at once; at least two messages of max-payload"},
		{Name: "read-buffer", Unit: "size", Def: "64K", Change: replace,
			Value: settings.Size{P: &c.readBuffer, Min: 4 << 10, Max: 16 << 20},
			Doc:   "the one buffer that all connections are read into"},
		{Name: "socket-buffers", Unit: "size", Def: "16K", Change: replace, Value: amount(&c.buffers, 1<<10, true),
			Doc: "the kernel's buffers for each connection and direction, or off: the system's, with which a peer that " +
				"does not read holds megabytes"},
	}
}

// habits are how the program runs and ends.
func (c *config) habits() []settings.Setting {
	const day = 24 * time.Hour
	return []settings.Setting{
		{Name: "drain", Unit: "time", Def: "5s", Change: live,
			Value: settings.Duration{P: &c.drain, Min: time.Millisecond, Max: day},
			Doc:   "time for clients to leave on SIGTERM"},
		{Name: "watchdog", Unit: "time", Def: "1m", Change: live,
			Value: settings.Duration{P: &c.watchdog, Min: time.Second, Max: day, Off: true},
			Doc: "time after which a program that does nothing any more tells what it hangs in and ends with status " +
				"70, to be started again, or off"},
		{Name: "log", Unit: "level", Def: "INFO", Change: live, Value: level{&c.log},
			Doc: "least level of the lines on standard error: DEBUG, INFO, WARN or ERROR"},
		{Name: "log-time", Unit: "word", Def: "auto", Change: replace,
			Value: settings.Choice{P: &c.logTime, Of: []string{"auto", "on", "off"}},
			Doc: "whether a line begins with the time: on, off, or auto: on unless systemd's journal or OpenWrt's log " +
				"reads it, which notes the time"},
	}
}

// positive is a limit that may be off.
func positive(p *int) settings.Value { return settings.Number{P: p, Min: 1, Max: 1 << 20, Off: true} }

func amount(p *settings.Bytes, least int64, off bool) settings.Value {
	return settings.Size{P: p, Min: least, Max: 1 << 30, Off: off}
}

// level is a level of the log.
type level struct{ p *slog.Level }

// Set takes the level.
func (l level) Set(text string) error {
	if l.p.UnmarshalText([]byte(text)) != nil {
		return fmt.Errorf("want DEBUG, INFO, WARN or ERROR, not %.40q", text)
	}
	return nil
}

// String is the level.
func (l level) String() string { return l.p.String() }

func checkAddress(text string) error {
	_, err := address(text)
	return err
}

func checkMetrics(text string) error {
	if text == "" {
		return nil
	}
	return checkAddress(text)
}

func checkOrigin(text string) error {
	_, err := originOf(text)
	return err
}
