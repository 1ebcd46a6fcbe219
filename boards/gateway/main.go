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
	"time"

	"github.com/edgesio/edgesio/poll"
)

// config is what the command line says.
type config struct {
	listen, name       string
	users, policy, key string // files; without one: random users, the policy in the binary, a random key
	matrix             string // a file that narrows the permission matrix
	maxConns           int
	connsPerAddress    int
	handshakes         int    // a second
	parser             string // wire form: json or msgpack
	tlsCert, tlsKey    string // files of the pair to speak TLS with; none: plain HTTP
	admin, adminOrigin string // mode of the admin UI, and where its page comes from; none: no admin UI
	metrics            string // address of the operator's listener; none: no metrics
	memory, buffers    size   // of the program; of each socket, in both directions
	drain, watchdog    time.Duration
	inherit            int     // descriptor of the listener, 0: none
	before             secrets // of the process that this one takes over from
}

func main() {
	c := config{buffers: socketBuffers}
	flag.StringVar(&c.listen, "listen", "127.0.0.1:8000", "`address` and port; without an address all of the machine's")
	flag.StringVar(&c.name, "name", "socketio", "name of the app")
	flag.StringVar(&c.parser, "parser", parserJSON, "`wire` form of the server and all its clients: json, or msgpack for\n"+
		"clients that are made with socket.io-msgpack-parser")
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
	flag.StringVar(&c.adminOrigin, "admin-origin", "", "`origin` of the admin UI's page, such as\n"+
		"https://admin.socket.io; no page of another origin than this one and our own can connect then")
	flag.Var(&c.memory, "memory", "most memory to use, a `size` as 64M, or off\n"+
		"(default: GOMEMLIMIT, or 75 % of the container's limit, or 50 % of the board's memory)")
	flag.Var(&c.buffers, "socket-buffers", "`size` of the kernel's buffers for each connection and direction, or off:\n"+
		"the system's, with which a peer that does not read holds megabytes")
	flag.IntVar(&c.maxConns, "max-conns", defaultConns, "`number` of connections; more wait in the kernel's queue")
	flag.IntVar(&c.connsPerAddress, "max-conns-per-address", defaultConnsPerAddress,
		"`number` of connections of one address; -1: no limit, behind a proxy")
	flag.IntVar(&c.handshakes, "handshakes", defaultHandshakes,
		"`number` of clients that may come in a second, four times as many at once;\n"+
			"more get 503 and come again; -1: no limit")
	flag.DurationVar(&c.drain, "drain", stopTime, "`time` for clients to leave on SIGTERM")
	flag.DurationVar(&c.watchdog, "watchdog", hangTime, "`time` after which a program that does nothing any more\n"+
		"tells what it hangs in and ends with status 70, to be started again; 0: never")
	hashing := flag.Bool("hash", false, "read a password from standard input, print it for the users' file, and end")
	var level slog.Level
	flag.TextVar(&level, "log", slog.LevelInfo, "log level: DEBUG, INFO, WARN or ERROR")
	flag.Parse()
	if flag.NArg() > 0 { // and flags behind it, which were not read
		fmt.Fprintf(flag.CommandLine.Output(), "no flag: %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
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

// run serves until SIGTERM or SIGINT; a second signal ends the program at once. SIGUSR2 replaces it by a new process.
func run(c config) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGUSR2) // not the end: a process that takes over may be killed
	taker, err := c.takeOver()
	if err != nil {
		return err
	}
	loop, err := poll.New(ownMemory(c.memory).apply())
	if err != nil {
		return err
	}
	p := &process{loop: loop, notifier: newNotifier(loop)}
	if p.gateway, err = newGateway(loop, c, os.DirFS("/")); err == nil {
		err = p.prepare(taker)
	}
	if err == nil {
		err = p.start()
	}
	if err != nil {
		if taker != nil {
			taker.Fail(err)
		}
		return err
	}
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	go p.listen(signals)
	p.part.Serving()
	p.announce()
	p.notifier.watch()
	if c.watchdog > 0 {
		defer loop.Watch(poll.WatchdogOptions{Timeout: c.watchdog, OnStuck: stuck}).Stop()
	}
	if err := loop.Run(context.Background()); err != nil {
		return err
	}
	return stop(loop, p.end)
}

// announce tells who started the program that it serves, and where.
func (p *process) announce() {
	host, _, _ := net.SplitHostPort(p.config.listen)
	if host == "" {
		host = "127.0.0.1"
	}
	for _, line := range p.told {
		fmt.Println(line)
	}
	scheme := "http"
	if p.tls != nil {
		scheme = "https"
	}
	fmt.Printf("%s on %s://%s/index.html\n", p.config.name, scheme,
		net.JoinHostPort(host, strconv.Itoa(p.app.Port())))
	if p.ops != nil && p.ops.Port() != 0 {
		fmt.Printf("metrics on http://%s\n", net.JoinHostPort(p.ops.host, strconv.Itoa(p.ops.Port())))
	}
	p.notifier.say("READY=1\nSTATUS=serving\nMAINPID=" + strconv.Itoa(os.Getpid()))
}
