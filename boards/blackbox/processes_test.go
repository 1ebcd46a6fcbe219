package blackbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// own is a row with a program of its own. line makes its command line of the program's.
func own(name, sent, want, remark string, line func(t *testing.T, line []string) []string,
	run func(x *exchange) string) row {
	return row{name: name, sent: sent, want: want, remark: remark, run: func(x *exchange) string {
		args := commandLine(*program, "-listen", "127.0.0.1:0", "-log", "DEBUG")
		if strings.Contains(remark, "hazard") {
			args[0] = *hazards
		}
		if line != nil {
			args = line(x.t, args)
		}
		x.g = launch(x.t, sent, args, nil)
		return x.private(run)
	}}
}

// private runs a row with a program that ends with it.
func (x *exchange) private(run func(x *exchange) string) string {
	defer func() {
		for _, c := range x.conns {
			c.end()
		}
		x.conns, x.sids = nil, nil
		x.g.stop(x.t)
		x.g.log.check(x.t, x.g.name)
	}()
	return run(x)
}

// pair writes a certificate and its key.
func pair(t *testing.T) (cert, key string) {
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"a"}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", private)
}

// secure is a row with a program that speaks TLS.
func secure(name, sent, want, remark string, run func(x *exchange) string) row {
	return own(name, sent, want, remark, func(t *testing.T, line []string) []string {
		cert, key := pair(t)
		return append(line, "-tls-cert", cert, "-tls-key", key)
	}, run)
}

// servesTLS tells whether a client that speaks TLS gets an answer.
func (x *exchange) servesTLS() string {
	raw, err := tls.Dial("tcp", x.g.addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return err.Error()
	}
	if a := x.adopt(raw).ask("GET", "/", "", "Connection: close"); a.status != 200 {
		return a.short()
	}
	return "serves"
}

// ended tells how a connection ends that sent something else than TLS.
func (x *exchange) ended(wire string) string {
	c := x.dial().send(wire)
	for {
		if _, err := c.r.ReadByte(); late(err) {
			return "held"
		} else if err != nil {
			return "close, " + x.servesTLS()
		}
	}
}

// openssl runs its client with commands on standard input, and tells whether the server ended the connection.
func (x *exchange) openssl(commands string, args ...string) string {
	path, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") != "" {
			x.t.Fatal(err)
		}
		x.t.Skip(err)
	}
	cmd := exec.Command(path, append([]string{"s_client", "-connect", x.g.addr}, args...)...)
	in, _ := cmd.StdinPipe()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	for c := range strings.SplitSeq(commands, " ") {
		_, _ = fmt.Fprintln(in, c)
		time.Sleep(5 * time.Millisecond)
	}
	select {
	case <-done:
		return "close, " + x.servesTLS()
	case <-time.After(patience()):
		_ = cmd.Process.Kill()
		return "goes on, " + x.servesTLS()
	}
}

var processRows = append([]row{
	secure("H34", "plain HTTP on a port of TLS", "close, serves", "",
		func(x *exchange) string { return x.ended(target("/")) }),
	secure("R3", "half a ClientHello, then silence", "close, serves", "", func(x *exchange) string {
		return x.ended("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
	}),
	secure("R3", "nothing", "close, serves", "", func(x *exchange) string { return x.ended("") }),
	secure("R3", "renegotiation", "close, serves", "by openssl s_client", func(x *exchange) string {
		return x.openssl("R", "-tls1_2")
	}),
	secure("R3", "2000 KeyUpdates in a row", "close, serves", "by openssl s_client", func(x *exchange) string {
		return x.openssl(strings.TrimSpace(strings.Repeat("k ", 2000)), "-tls1_3")
	}),
	own("R9", "200 clients where 64 descriptors are all", "some served, then serves", "", limited,
		func(x *exchange) string {
			var held []*conn
			served := 0
			for range 200 {
				held = append(held, x.dial().send(target("/")))
			}
			for _, c := range held {
				_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
				if _, err := c.r.Peek(12); err == nil {
					served++
				}
				if served > 30 {
					break
				}
			}
			if served < 30 {
				return fmt.Sprint(served, " served")
			}
			for _, c := range held {
				c.end()
			}
			return "some served, then " + x.serves()
		}),
	own("R11", "uploads, floods and sessions within 32 MB", "serves",
		"a memory cgroup where the machine has one, and GOMEMLIMIT",
		confined, mixed),
	own("R12", "stopped for 6 s (heartbeats of 4.5 s), then continued", "the session goes on",
		"SIGSTOP on the hazard program; jumps of the wall clock are in the simulation (sio/sim)", nil,
		func(x *exchange) string {
			w := x.joined()
			x.signal(syscall.SIGSTOP)
			time.Sleep(6 * time.Second)
			x.signal(syscall.SIGCONT)
			w.id = ""
			if got := w.outcomeOpen(); got != "open" {
				return got
			}
			return "the session goes on"
		}),
	own("R14", "no file is written", "none", "a full disk or one that is read-only makes no difference", nil,
		func(x *exchange) string {
			if got := x.serves(); got != "serves" {
				return got
			}
			dir := fmt.Sprint("/proc/", x.g.pid, "/fd")
			fds, err := os.ReadDir(dir)
			if err != nil {
				return err.Error()
			}
			for _, fd := range fds {
				path, _ := os.Readlink(filepath.Join(dir, fd.Name()))
				stat, err := os.Stat(filepath.Join(dir, fd.Name()))
				info, _ := os.ReadFile(fmt.Sprint("/proc/", x.g.pid, "/fdinfo/", fd.Name()))
				_, flags, _ := strings.Cut(string(info), "flags:")
				bits, _ := strconv.ParseUint(strings.TrimSpace(strings.Split(flags, "\n")[0]), 8, 32)
				if err == nil && path[0] == '/' && stat.Mode().IsRegular() && bits&syscall.O_ACCMODE != syscall.O_RDONLY {
					return path
				}
			}
			return "none"
		}),
	logged("a log pipe that nobody reads, and 1000 lines for it", func(t *testing.T) *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return w
	}),
	logged("a log pipe whose reader is gone", func(t *testing.T) *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		return w
	}),
	logged("a log on a full disk", func(t *testing.T) *os.File {
		w, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}),
}, terminations...)

// limited has 64 descriptors.
func limited(t *testing.T, line []string) []string {
	path, err := exec.LookPath("prlimit")
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{path, "--nofile=64", "--"}, line...)
}

// confined has 32 MB, of which the heap may take 24.
func confined(t *testing.T, line []string) []string {
	script := `export GOMEMLIMIT=24MiB; exec "$@"`
	dir := filepath.Join("/sys/fs/cgroup/memory", fmt.Sprint("edgesio-blackbox-", os.Getpid()))
	if os.Mkdir(dir, 0o755) == nil {
		if os.WriteFile(filepath.Join(dir, "memory.limit_in_bytes"), []byte("32M"), 0o644) == nil {
			script = `echo $$ >"` + filepath.Join(dir, "cgroup.procs") + `"; ` + script
		}
		t.Cleanup(func() { _ = os.Remove(dir) })
	}
	return append([]string{"/bin/sh", "-c", script, "sh"}, line...)
}

// mixed is everything at once, for 3 s.
func mixed(x *exchange) string {
	for i := range 60 {
		x.joined().send(strings.Repeat(raw(0x89, "x"), 1000))
		x.poll4().joined()
		x.dial().send(post("Content-Length: 900000", strings.Repeat("x", 800_000)))
		w := x.joined()
		w.send(text(`452-["req",`+placeholder+`]`) + raw(0x82, strings.Repeat("x", 500_000)))
		x.dial().send(header(127, 1e6) + strings.Repeat("x", 500_000))
		if i%20 == 0 {
			time.Sleep(time.Second)
		}
	}
	if !x.g.alive() {
		return "ended: " + x.g.cmd.ProcessState.String()
	}
	for _, c := range x.conns {
		c.end()
	}
	return x.serves()
}

// logged is a row whose program writes its log where that cannot be written.
func logged(sent string, open func(t *testing.T) *os.File) row {
	return row{name: "R14", sent: sent, want: "serves", run: func(x *exchange) string {
		w := open(x.t)
		x.g = launch(x.t, sent, commandLine(*program, "-listen", "127.0.0.1:0", "-log", "DEBUG"), w)
		w.Close()
		return x.private(func(x *exchange) string {
			for range 500 { // two lines each
				x.joined().conn.end()
			}
			return x.serves()
		})
	}}
}

// terminated is a row in whose midst the program is told to end: it must do so in its own time, with status 0.
func terminated(sent string, before func(x *exchange)) row {
	return row{name: "R15", sent: "SIGTERM with " + sent, want: "ends in time", run: func(x *exchange) string {
		x.g = launch(x.t, sent, commandLine(*program, "-listen", "127.0.0.1:0", "-log", "DEBUG"), nil)
		return x.private(func(x *exchange) string {
			before(x)
			for _, c := range x.conns {
				c.finished()
			}
			x.signal(syscall.SIGTERM)
			select {
			case <-x.g.ended:
				return "ends in time"
			case <-time.After(stopTime):
				return "still runs after " + strconv.Itoa(int(stopTime/time.Second)) + " s"
			}
		})
	}}
}

// stopTime is the gateway's, and a second for this machine.
const stopTime = 5*time.Second + time.Second

var terminations = []row{
	terminated("no client", func(*exchange) {}),
	terminated("half a request head", func(x *exchange) { x.dial().send("GET / HT") }),
	terminated("half a body", func(x *exchange) { x.dial().send(post("Content-Length: 9", "x")) }),
	terminated("connections that say nothing", func(x *exchange) {
		for range 50 {
			x.dial()
		}
	}),
	terminated("a GET that waits", func(x *exchange) { x.dial().tell("GET", x.poll4().joined().target, "") }),
	terminated("a WebSocket", func(x *exchange) { x.joined() }),
	terminated("a WebSocket that does not answer the close", func(x *exchange) { x.joined() }),
	terminated("half a frame", func(x *exchange) { x.joined().send(text("42[\"req\"]")[:7]) }),
	terminated("half a binary packet", func(x *exchange) { x.joined().send(text(`451-["req",` + placeholder + `]`)) }),
	terminated("a probe", func(x *exchange) { x.channel(knock(x.poll4().ws()), "").send(text("2probe")) }),
	terminated("a client that reads nothing", func(x *exchange) {
		w := x.joined()
		_ = w.tcp().SetReadBuffer(4 << 10)
		w.send(strings.Repeat(raw(0x89, strings.Repeat("x", 125)), 20_000))
	}),
	terminated("a flood of events", func(x *exchange) {
		w := x.joined()
		w.do(func() {}) // what follows goes out meanwhile
		go func() { _, _ = w.Write([]byte(events(50_000))) }()
	}),
	terminated("a flood of connections", func(x *exchange) {
		for range 300 {
			x.dial().send(knock(enginePath))
		}
	}),
}
