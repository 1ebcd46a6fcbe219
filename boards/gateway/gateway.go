package main

import (
	_ "embed"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/sio/admin"
	"github.com/edgesio/edgesio/webapp"
)

// What is kept for clients that lost their connection: two thousand of them, a megabyte of what they missed.
const maxLost, maxMissedBytes = 2048, 1 << 20

//go:embed policy
var defaultPolicy string

// gateway is the program without its signals.
type gateway struct {
	config    *config
	app       *webapp.App
	tokens    *tokens
	io        *sio.Server
	accounts  *accounts
	rules     *rules
	telemetry *telemetry
	tls       *tlsServer     // nil: plain HTTP
	told      []string       // lines for who started it
	health    *webapp.Health // of /readyz, on both ports
	ops       *ops           // nil without -metrics
	admin     *admin.Admin   // nil without -admin
}

// contents are what the program's files say.
type contents struct {
	rules  string // the policy's text
	policy *eos.Policy
	matrix *eos.Matrix
	parser sio.Parser // nil: the usual one
	pages  fs.FS
}

// read reads the files. It waits for the disk.
func (g *gateway) read(loop *poll.Loop) (s contents, err error) {
	c := g.config
	if g.accounts, err = openAccounts(c.users, c.before.Users, g.tell); err != nil {
		return s, err
	}
	if g.tokens, err = openTokens(c.key, c.before.Key); err != nil {
		return s, err
	}
	if g.tls, err = openTLS(loop, c.tlsCert, c.tlsKey, g.handshakeFailed); err != nil {
		return s, err
	}
	if s.rules, s.policy, err = openPolicy(c.policy); err != nil {
		return s, err
	}
	if s.matrix, err = openMatrix(c.matrix); err != nil {
		return s, err
	}
	s.parser = parserOf(c.parser)
	if s.pages, err = pageFiles(); s.parser != nil {
		s.pages = msgpackPages{s.pages}
	}
	return s, err
}

// options are those of the two servers.
func (g *gateway) options(s contents) (o webapp.Options, options sio.Options, err error) {
	origin, err := originOf(g.config.adminOrigin)
	o = webapp.Options{
		Root:   s.pages,
		Mode:   eos.UserMode,
		Matrix: s.matrix,
		EOS:    &webapp.EOSOptions{Verifier: g.tokens, Accounts: g.accounts},
		Listen: poll.ListenOptions{Inherit: g.config.inherit},
	}
	if g.tls != nil {
		o.TLS = g.tls
	}
	limitWeb(&o, g.config)
	options = sio.Options{Policy: s.policy, Accounts: g.accounts, Parser: s.parser, DisconnectExpired: true,
		Cors:                    adminCors(origin),
		ConnectionStateRecovery: &sio.ConnectionStateRecovery{MaxSessions: maxLost, MaxBytes: maxMissedBytes}}
	limitSockets(&options, g.config)
	hurry(&o, &options)
	return o, options, err
}

// newGateway puts everything on a loop; root is the device's "/". It waits for the disk: it is called before the loop
// turns.
func newGateway(loop *poll.Loop, c *config, root fs.FS) (*gateway, error) {
	addr, err := address(c.listen)
	if err != nil {
		return nil, err
	}
	g := &gateway{config: c}
	s, err := g.read(loop)
	if err != nil {
		return nil, err
	}
	o, options, err := g.options(s)
	if err != nil {
		return nil, err
	}
	if g.app, err = webapp.CreateWith(loop, c.name, addr, o); err != nil {
		return nil, err
	}
	g.app.Server().Log().Hide(renewalName)
	if g.io, err = sample(g.app, options); err != nil {
		return nil, err
	}
	g.accounts.changed = g.regroup
	if err := pages(g.app, s.pages); err != nil {
		return nil, err
	}
	g.rules = newRules(eos.UserMode, s.matrix, s.rules)
	g.rules.serve(g.app)
	d := &desk{loop: loop, accounts: g.accounts, tokens: g.tokens, attempts: newAttempts(loop)}
	d.serve(g.app)
	if err := g.openAdmin(d, c.admin); err != nil {
		return nil, err
	}
	ns := g.io.Of("/device")
	g.telemetry = newTelemetry(loop, g.io, ns, root)
	(&device{io: g.io, ns: ns, telemetry: g.telemetry, accounts: g.accounts}).handle()
	if err := hazard(g.app); err != nil {
		return nil, err
	}
	return g, g.observe(loop, c.metrics)
}

// start listens.
func (g *gateway) start() error {
	if err := g.app.Start(); err != nil || g.ops == nil {
		return err
	}
	return g.ops.listen()
}

// What the build tag hazard adds for the black-box suite, see hazard.go: shorter deadlines, and routes and servers with
// handlers that misbehave. Without it they do nothing.
var (
	hurry  = func(*webapp.Options, *sio.Options) {}
	hazard = func(*webapp.App) error { return nil }
)

// regroup makes a changed users' file count for who is connected already.
func (g *gateway) regroup() {
	g.io.Regroup()
	if g.admin != nil {
		g.admin.SignOut()
	}
}

func (g *gateway) tell(name, password string) {
	g.told = append(g.told, fmt.Sprintf("sign in as %-5s with %s", name, password))
}

// address is a literal one, or localhost, with a port.
func address(listen string) (a webapp.Addr, err error) {
	host, port, err := net.SplitHostPort(listen)
	if host == "localhost" {
		host = "127.0.0.1"
	}
	number, none := strconv.ParseUint(port, 10, 16)
	_, odd := netip.ParseAddr(host)
	if err != nil || none != nil || host != "" && odd != nil {
		return a, fmt.Errorf("want an address and a port such as 192.168.1.5:8000, or :8000 for all addresses, not %.60q",
			listen)
	}
	return webapp.Addr{Host: host, Port: int(number)}, nil
}

// openMatrix is the platform's matrix, without what a file takes away.
func openMatrix(path string) (*eos.Matrix, error) {
	m := eos.DefaultMatrix()
	if path == "" {
		return m, nil
	}
	text, err := readText(path, maxPolicy)
	if err != nil {
		return nil, err
	}
	if err := m.Narrow(strings.NewReader(text)); err != nil {
		return nil, fmt.Errorf("matrix: %w", err)
	}
	return m, nil
}

// maxPolicy is more bytes than package eos takes of a policy or a matrix.
const maxPolicy = 1 << 20

// openPolicy reads the policy of a file, or the program's own, and returns its text too.
func openPolicy(path string) (text string, p *eos.Policy, err error) {
	text = defaultPolicy
	if path != "" {
		if text, err = readText(path, maxPolicy); err != nil {
			return "", nil, err
		}
	}
	if p, err = eos.LoadPolicy(strings.NewReader(text)); err != nil {
		return "", nil, fmt.Errorf("policy: %w", err)
	}
	return text, p, nil
}
