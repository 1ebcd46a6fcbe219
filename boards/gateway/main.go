// Gateway is the program that runs on the device: the sample app of the platform's socket.io module, in Go, and beside
// it what the platform has for its apps: users who sign in, a policy for their groups, and the device's telemetry.
//
// On /index.html a browser gets "hello world" back through an ack and chats with everybody else who has the page open.
// /telemetry.html shows the device, /signin.html asks who you are, /permissions.html shows the rules.
//
// What it can be told is in table.go.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/handover"
)

// version is set by boards/build.
var version = "unknown"

// misused is the status of a program that was told what it does not understand: to start it again does not help.
const misused = 2

func main() {
	c, err := load(os.Args[1:], os.Environ(), os.DirFS("/"))
	switch {
	case err != nil:
		os.Exit(c.misunderstood(err))
	case c.help:
		show(c.usage())
	case c.version:
		show("gateway " + version + ", " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + "\n")
	case c.print:
		show(string(c.printed()))
	}
	signal.Ignore(syscall.SIGPIPE) // who reads the log may go; the runtime would end the program
	pipe := c.startLog(os.Stderr)
	switch {
	case c.hash:
		err = hash(os.Stdin, os.Stdout)
	case c.test:
		if err := c.tryOut(os.Stdout); err != nil {
			os.Exit(c.misunderstood(err))
		}
	default:
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

// show prints a text, and ends the program: with status 1 if nobody can have read all of it.
func show(text string) {
	if _, err := os.Stdout.WriteString(text); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// misunderstood tells what is wrong with the settings, a process too that this one was to take over from, and returns
// the program's status.
func (c *config) misunderstood(err error) int {
	fmt.Fprintln(os.Stderr, "gateway:", err)
	if taker, _ := handover.Predecessor(); taker != nil {
		taker.Fail(err)
	}
	if c.test {
		return 1
	}
	return misused
}

// tryOut makes everything that the program is, from all files that the settings name, and does not serve.
func (c *config) tryOut(out io.Writer) error {
	loop, err := poll.New(poll.Options{ReadBufferBytes: int(c.readBuffer.N)})
	if err != nil {
		return err
	}
	defer func() { _ = loop.Close() }()
	if _, err := newGateway(loop, c, os.DirFS("/")); err != nil {
		return err
	}
	from := c.file
	if from == "" {
		from = "there is no file"
	}
	_, err = fmt.Fprintf(out, "gateway: the settings are good (%s)\n", from)
	return err
}

// run serves until SIGTERM or SIGINT; a second signal ends the program at once. SIGUSR2 replaces it by a new process.
func run(c *config) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGUSR2) // not the end: a process that takes over may be killed
	taker, err := c.takeOver()
	if err != nil {
		return err
	}
	root := os.DirFS("/")
	slog.Info("starting", "name", c.name, "version", version, "go", runtime.Version(), "arch", runtime.GOARCH)
	c.collect()
	c.logProfile(root)
	options := c.ownMemory(root).apply()
	options.ReadBufferBytes = int(c.readBuffer.N)
	loop, err := poll.New(options)
	if err != nil {
		return err
	}
	p := &process{loop: loop, notifier: newNotifier(loop)}
	if p.gateway, err = newGateway(loop, c, root); err == nil {
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
	p.watch()
	dropImage(root)
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
