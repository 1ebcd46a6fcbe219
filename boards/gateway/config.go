package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/edgesio/edgesio/boards"
	"github.com/edgesio/edgesio/boards/gateway/settings"
)

// config is what the program was told: the values of its table, see bind. Of a running program the live ones change.
type config struct {
	file, profile        string
	listen, name         string
	users, policy        string // files; without one: random users, the policy in the binary
	key, matrix          string // likewise: a random key, the platform's permission matrix
	tlsCert, tlsKey      string // files of the pair to speak TLS with; none: plain HTTP
	admin, adminOrigin   string // mode of the admin UI, and where its page comes from; none: no admin UI
	metrics              string // address of the operator's listener; none: no metrics
	parser               string // wire form: json or msgpack
	memory, buffers      settings.Bytes
	readBuffer           settings.Bytes
	outputSoft           settings.Bytes
	outputHard           settings.Bytes
	maxPayload, input    settings.Bytes
	memoryShare, gc      int // percent
	maxConns             int
	connsPerAddress      int
	requestsPerAddress   int // a second
	handshakes           int // a second
	handshakesPerAddress int
	events               int // a second
	drain, watchdog      time.Duration
	log                  slog.Level
	logTime              string // auto, on or off

	test, print, hash, version, help bool

	table   *settings.Table // of the fields above
	board   boards.Profile  // that profile came to; Name "" for none
	inherit int             // descriptor of the listener, 0: none
	before  secrets         // of the process that this one takes over from
}

// load reads the command line, the environment, the file that these name, and the profile that all of them name; root
// is "/". What they say is checked, and not yet what stands in the files that they name.
func load(args, environment []string, root fs.FS) (*config, error) {
	c := new(config)
	c.bind()
	flags, help, err := c.table.ParseFlags(args)
	if c.help = help; err == nil && !help {
		err = c.table.OneSwitch()
	}
	if err != nil || help || c.version {
		return c, err
	}
	variables, err := c.table.ParseEnvironment(environment)
	if err != nil {
		return c, err
	}
	var file []settings.Given
	if c.file = settings.Last(slices.Concat(variables, flags), "config", ""); c.file != "" {
		if file, err = c.table.ReadFile(c.file); err != nil {
			return c, err
		}
	}
	given := slices.Concat(file, variables, flags)
	c.board = chooseProfile(settings.Last(given, "profile", autoProfile), root)
	tls := settings.Last(given, "tls-cert", "") != ""
	if err := c.table.Apply(profileSettings(c.board, tls), given); err != nil {
		return c, err
	}
	return c, c.check()
}

// defaults is the configuration without a profile and without anything that was given.
func defaults() *config {
	c := new(config)
	c.bind()
	if err := c.table.Apply(); err != nil {
		panic(err) // of a constant
	}
	return c
}

// check tells of values that do not go together.
func (c *config) check() error {
	switch {
	case c.outputSoft.N > c.outputHard.N:
		return errors.New("output-soft is more than output-hard")
	case c.outputHard.N < 2*c.maxPayload.N:
		return errors.New("output-hard is less than two messages of max-payload")
	case (c.tlsCert == "") != (c.tlsKey == ""):
		return errors.New("tls-cert and tls-key go together")
	}
	return nil
}

// usage is what -h shows.
func (c *config) usage() string {
	var b strings.Builder
	b.WriteString(`Usage: gateway [-config file] [-name value]...

A Socket.IO server with accounts, rules and telemetry for a small device.

Each setting below is a flag, a line "name value" of the file that -config names, and a variable of
the environment: max-conns is EDGESIO_MAX_CONNS, and an empty variable is none. A flag wins over a
variable, that over the file, the file over the profile of the board, and this over the default.
Behind # the file has comments; "quotes" stand around a value with blanks, or around nothing.

[SIGHUP]: the signal makes the program read the file again, and the setting counts at once, for who
is connected too. [restart]: the program must be stopped and started again. All others count in the
process that SIGUSR2 starts, which takes over from this one: clients come back to it by themselves.

Sizes are bytes, or have K, M or G of 1024 behind them; times are such as 500ms, 90s or 1m30s.

`)
	b.Write(c.table.AppendHelp(nil))
	return b.String()
}

// printed is what -print shows: the settings in force, as a file.
func (c *config) printed() []byte {
	b := []byte("# settings of the gateway, and where each comes from\n")
	if c.file != "" {
		b = append(b, "# file: "+c.file+"\n"...)
	}
	if c.board.Name != "" {
		b = append(b, "# profile: "+c.board.Name+", "+c.board.Title+"\n"...)
	}
	return c.table.AppendFile(b)
}
