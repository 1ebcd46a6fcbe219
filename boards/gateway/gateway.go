package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/tlsconn"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/sio/admin"
	"github.com/edgesio/edgesio/webapp"
)

//go:embed policy
var defaultPolicy string

// gateway is the program without its signals.
type gateway struct {
	app       *webapp.App
	io        *sio.Server
	accounts  *accounts
	telemetry *telemetry
	tls       *tlsconn.Server // nil: plain HTTP
	told      []string        // lines for who started it
	health    *webapp.Health  // of /readyz, on both ports
	ops       *ops            // nil without -metrics
	admin     *admin.Admin    // nil without -admin
}

// newGateway puts everything on a loop; root is the device's "/". It waits for the disk: it is called before the loop
// turns.
func newGateway(loop *poll.Loop, c config, root fs.FS) (*gateway, error) {
	addr, err := address(c.listen)
	if err != nil {
		return nil, err
	}
	g := &gateway{}
	if g.accounts, err = openAccounts(loop, c.users, g.tell); err != nil {
		return nil, err
	}
	rules, policy, err := openPolicy(c.policy)
	if err != nil {
		return nil, err
	}
	tokens, err := openTokens(c.key)
	if err != nil {
		return nil, err
	}
	files, err := pageFiles()
	if err != nil {
		return nil, err
	}
	matrix, err := openMatrix(c.matrix)
	if err != nil {
		return nil, err
	}
	if g.tls, err = openTLS(loop, c.tlsCert, c.tlsKey, g.handshakeFailed); err != nil {
		return nil, err
	}
	o := webapp.Options{
		Root:   files,
		Mode:   eos.UserMode,
		Matrix: matrix,
		EOS:    &webapp.EOSOptions{Verifier: tokens, Accounts: g.accounts},
	}
	if g.tls != nil {
		o.TLS = g.tls
	}
	options := sio.Options{Policy: policy, Accounts: g.accounts, DisconnectExpired: true, Cors: adminCors(c.adminOrigin)}
	hurry(&o, &options)
	if g.app, err = webapp.CreateWith(loop, c.name, addr, o); err != nil {
		return nil, err
	}
	g.app.Server().Log().Hide(renewalName)
	if g.io, err = sample(g.app, options); err != nil {
		return nil, err
	}
	g.accounts.changed = g.regroup
	if err := pages(g.app, files); err != nil {
		return nil, err
	}
	if err := permissions(g.app, eos.UserMode, matrix, rules); err != nil {
		return nil, err
	}
	d := &desk{loop: loop, accounts: g.accounts, tokens: tokens, attempts: newAttempts(loop)}
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
	return g.ops.Start()
}

// What the build tag hazard adds for the black-box suite, see hazard.go: shorter deadlines, and routes and servers with
// handlers that misbehave. Without it they do nothing.
var (
	hurry  = func(*webapp.Options, *sio.Options) {}
	hazard = func(*webapp.App) error { return nil }
)

// regroup makes a changed users' file count for who is connected already.
func (g *gateway) regroup(err error) {
	if err == nil {
		g.io.Regroup()
		if g.admin != nil {
			g.admin.SignOut()
		}
	}
}

func (g *gateway) tell(name, password string) {
	g.told = append(g.told, fmt.Sprintf("sign in as %-5s with %s", name, password))
}

func address(listen string) (a webapp.Addr, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return a, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return webapp.Addr{Host: host, Port: int(number)}, err
}

// openMatrix is the platform's matrix, without what a file takes away.
func openMatrix(path string) (*eos.Matrix, error) {
	m := eos.DefaultMatrix()
	if path == "" {
		return m, nil
	}
	b, err := readFile(path, maxPolicy)
	if err != nil {
		return nil, err
	}
	if err := m.Narrow(bytes.NewReader(b)); err != nil {
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
		b, err := readFile(path, maxPolicy)
		if err != nil {
			return "", nil, err
		}
		text = string(b)
	}
	if p, err = eos.LoadPolicy(strings.NewReader(text)); err != nil {
		return "", nil, fmt.Errorf("policy: %w", err)
	}
	return text, p, nil
}
