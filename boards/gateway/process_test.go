package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runAsGateway makes the test's own file the program.
const runAsGateway = "GATEWAY_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(runAsGateway) != "" {
		os.Args[0] = "gateway"
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program is a running gateway.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	addr  string
	admin string      // password of the admin that it made up
	lines chan string // what it prints and logs, and the processes that follow it
	ended chan error
}

// launch starts the program and waits until it serves.
func launch(t *testing.T, env []string, files []*os.File, args ...string) *program {
	t.Helper()
	p := &program{t: t, lines: make(chan string, 1000), ended: make(chan error, 1)}
	p.cmd = exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, os.Args[0],
		"-listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Env = append(append(os.Environ(), runAsGateway+"=1"), env...)
	p.cmd.ExtraFiles = files
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() { p.cmd.Process.Kill() })
	p.addr = regexp.MustCompile(`//([^/]+)/`).FindStringSubmatch(p.line("/index.html"))[1]
	return p
}

// line waits for a line that contains a text.
func (p *program) line(part string) string {
	p.t.Helper()
	return p.each(part)[0]
}

// each waits for a line with each of the texts, in any order: after a replacement two processes write.
func (p *program) each(parts ...string) []string {
	p.t.Helper()
	late := time.After(20 * time.Second)
	found, left := make([]string, len(parts)), len(parts)
	for all := ""; left > 0; {
		select {
		case line, open := <-p.lines:
			if strings.HasPrefix(line, "sign in as admin") {
				p.admin = line[strings.LastIndexByte(line, ' ')+1:]
			}
			all += line + "\n"
			for i, part := range parts {
				if found[i] == "" && strings.Contains(line, part) {
					found[i] = line
					left--
				}
			}
			if !open && left > 0 {
				p.t.Fatalf("it ended without one of %q:\n%s", parts, all)
			}
		case <-late:
			p.t.Fatalf("no line for one of %q in:\n%s", parts, all)
		}
	}
	return found
}

func (p *program) signal(s syscall.Signal) { p.cmd.Process.Signal(s) }

// exits demands that the program ends with status 0.
func (p *program) exits() {
	p.t.Helper()
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		p.t.Fatal("it does not end")
	}
}

func (p *program) dial(text string) net.Conn {
	p.t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		p.t.Fatal(err)
	}
	return c
}

const (
	handshake = "GET /socket.io/?EIO=4&transport=%s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
)

// SIGTERM in whatever state the peers are ends the program within -drain, with status 0, and tells who can be told.
func TestTerminated(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		args []string
		told string // what the peer reads at the end
	}{
		"nobody":      {},
		"silent":      {text: ""},
		"idle":        {text: plain, told: "This is socket.io test server."},
		"half a head": {text: "GET / HTTP/1.1\r\nHo"},
		"upload":      {text: "POST /signin HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"},
		"websocket":   {text: fmt.Sprintf(handshake, "websocket"), told: "\x88\x00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, nil, nil, append(c.args, "-drain", "2s")...)
			var peer net.Conn
			if name != "nobody" {
				peer = p.dial(c.text)
			}
			if c.told != "" {
				peer.Read(make([]byte, 1)) // it has begun to answer
			}
			p.signal(syscall.SIGTERM)
			p.line("stopping")
			begin := time.Now()
			if c.told != "" {
				b, _ := io.ReadAll(peer)
				if !strings.HasSuffix(string(b), c.told) {
					t.Errorf("it was told %q", b)
				}
				peer.Close()
			}
			p.exits()
			if d := time.Since(begin); d > 10*time.Second { // the machine is busy
				t.Errorf("it took %v", d)
			}
		})
	}
}

// A second signal ends it at once, a drain that would last for an hour too.
func TestTerminatedTwice(t *testing.T) {
	p := launch(t, nil, nil, "-drain", "1h")
	c := p.dial(fmt.Sprintf(handshake, "websocket"))
	c.Read(make([]byte, 1))
	p.signal(syscall.SIGTERM)
	p.line("stopping")
	late := p.dial("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n")
	b := make([]byte, 200)
	n, _ := late.Read(b)
	if !strings.HasPrefix(string(b[:n]), "HTTP/1.1 503 ") || !strings.Contains(string(b[:n]), "Retry-After: ") {
		t.Errorf("a handshake while it drains: %q", b[:n])
	}
	p.signal(syscall.SIGINT)
	select {
	case err := <-p.ended:
		if err == nil || !strings.Contains(err.Error(), "interrupt") {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
}

// The socket of systemd is served, and passed on; what systemd is told on the way.
func TestActivatedAndReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	states := make(chan string, 10_000)
	go func() { // reads at once: the socket's queue has room for ten signs of life, which are 2.5 s
		for b := make([]byte, 4096); ; {
			n, err := systemd.Read(b)
			if err != nil {
				return
			}
			states <- string(b[:n])
		}
	}()
	said := func(pattern string) {
		t.Helper()
		for late := time.After(20 * time.Second); ; {
			select {
			case state := <-states:
				if regexp.MustCompile(pattern).MatchString(state) {
					return
				}
			case <-late:
				t.Fatalf("systemd was not told %q", pattern)
			}
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	p := launch(t, []string{"LISTEN_FDS=1", "NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=500000"}, []*os.File{file})
	addr := ln.Addr().String()
	ln.Close()
	file.Close()
	if p.addr != addr {
		t.Fatalf("it serves %s, not %s", p.addr, addr)
	}
	said(`^READY=1\n`)
	said(`^WATCHDOG=1$`)
	p.signal(syscall.SIGHUP)
	said(`^RELOADING=1\nMONOTONIC_USEC=\d+$`)
	said(`^READY=1$`)
	p.signal(syscall.SIGUSR2)
	said(`^RELOADING=1\n`)
	said(`^MAINPID=\d+\nREADY=1$`)
	p.exits()
	said(`^WATCHDOG=1$`) // the new one
	c := p.dial(plain)
	if b := make([]byte, 12); true {
		io.ReadFull(c, b)
		if string(b) != "HTTP/1.1 200" {
			t.Errorf("the new process answered %q", b)
		}
	}
	pid := regexp.MustCompile(` pid=(\d+)`).FindStringSubmatch(p.line("replaced"))[1]
	var n int
	fmt.Sscan(pid, &n)
	syscall.Kill(n, syscall.SIGTERM)
	said(`^STOPPING=1\n`)
	for range p.lines { // the new one has ended, too
	}
}
