// Gateway is the program that runs on the device: the sample app of the platform's socket.io module, in Go, and beside
// it what the platform has for its apps: users who sign in, a policy for their groups, and the device's telemetry.
//
// On /index.html a browser gets "hello world" back through an ack and chats with everybody else who has the page open.
// /telemetry.html shows the device, /signin.html asks who you are, /permissions.html shows the rules.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/edgesio/edgesio/poll"
)

// config is what the command line says.
type config struct {
	listen, name       string
	users, policy, key string // files; without one: random users, the policy in the binary, a random key
	matrix             string // a file that narrows the permission matrix
	tlsCert, tlsKey    string // files of the pair to speak TLS with; none: plain HTTP
	admin, adminOrigin string // mode of the admin UI, and where its page comes from; none: no admin UI
	metrics            string // address of the operator's listener; none: no metrics
}

func main() {
	var c config
	flag.StringVar(&c.listen, "listen", "127.0.0.1:8000", "`address` and port; without an address all of the machine's")
	flag.StringVar(&c.name, "name", "socketio", "name of the app")
	flag.StringVar(&c.users, "users", "", "`file` of those who may sign in, read again on SIGHUP;\n"+
		"a line for each: name acoid group password nickname (default: three with random passwords)")
	flag.StringVar(&c.policy, "policy", "", "`file` that says what each group may do (default: the one in the program)")
	flag.StringVar(&c.matrix, "matrix", "", "`file` that takes rows of the permission matrix away (default: nothing)")
	flag.StringVar(&c.key, "key", "", "`file` with 32 bytes or more that sign tokens\n"+
		"(default: random, tokens end with the program)")
	flag.StringVar(&c.tlsCert, "tls-cert", "", "`file` with the certificate to speak TLS with, read again on SIGHUP (PEM)")
	flag.StringVar(&c.tlsKey, "tls-key", "", "`file` with its private key (PEM)")
	flag.StringVar(&c.metrics, "metrics", "", "`address` and port for /metrics, beside /healthz and /readyz\n"+
		"(default: no metrics)")
	flag.StringVar(&c.admin, "admin", "", "`mode` production or development: let Socket.IO's admin UI look at the\n"+
		"namespace /admin; users of group admin sign in (default: it cannot)")
	flag.StringVar(&c.adminOrigin, "admin-origin", "", "`origin` of the admin UI's page, such as https://admin.socket.io;\n"+
		"pages of other origins than this one and our own cannot connect any more")
	hashing := flag.Bool("hash", false, "read a password from standard input, print it for the users' file, and end")
	var level slog.Level
	flag.TextVar(&level, "log", slog.LevelInfo, "log level: DEBUG, INFO, WARN or ERROR")
	flag.Parse()
	signal.Ignore(syscall.SIGPIPE) // who reads the log may go; the runtime would end the program
	pipe := newLogPipe(os.Stderr)
	slog.SetDefault(slog.New(slog.NewTextHandler(pipe, &slog.HandlerOptions{Level: level})))

	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // memory is dearer here than the little that is collected
	}
	err := error(nil)
	if *hashing {
		err = hash(os.Stdin, os.Stdout)
	} else {
		err = run(c)
	}
	if err != nil {
		slog.Error("gateway ends", "name", c.name, "err", err)
	}
	pipe.flush()
	if err != nil {
		os.Exit(1)
	}
}

// run serves until SIGTERM or SIGINT; a second signal ends the program at once.
func run(c config) error {
	loop, err := poll.New(poll.Options{})
	if err != nil {
		return err
	}
	g, err := newGateway(loop, c, os.DirFS("/"))
	if err != nil {
		return err
	}
	if err := g.start(); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(c.listen)
	if host == "" {
		host = "127.0.0.1"
	}
	// From the line on that says where it serves, the program may be told to end.
	ctx, restore := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	for _, line := range g.told {
		fmt.Println(line)
	}
	scheme := "http"
	if g.tls != nil {
		scheme = "https"
	}
	fmt.Printf("%s on %s://%s/index.html\n", c.name, scheme, net.JoinHostPort(host, strconv.Itoa(g.app.Port())))
	if g.ops != nil {
		fmt.Printf("metrics on http://%s\n", net.JoinHostPort(g.ops.host, strconv.Itoa(g.ops.Port())))
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	go func() {
		for range hup {
			_ = loop.Post(g.reload) // a closed loop needs nothing
		}
	}()
	if err := loop.Run(ctx); ctx.Err() == nil {
		return err
	}
	restore()
	return stop(loop, g)
}
