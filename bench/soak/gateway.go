//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// gateway is the process under test.
type gateway struct {
	cmd     *exec.Cmd
	address string // where it serves
	metrics string
	limit   string // of its memory, in words
	cgroup  string // folder, "" without one
	ended   chan error
}

// patience with a gateway that starts, ends, or forgets those who went without a word: a session is abandoned for
// pingInterval + pingTimeout, 45 s.
const (
	startPatience  = 20 * time.Second
	endPatience    = 15 * time.Second
	settlePatience = 90 * time.Second
)

func startGateway(o options) (*gateway, error) {
	g := &gateway{ended: make(chan error, 1)}
	g.confine(o.megabytes)
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	g.metrics = fmt.Sprintf("127.0.0.1:%d", port)
	// The shell enters the cgroup and becomes the gateway.
	script := `exec "$0" "$@"`
	if g.cgroup != "" {
		script = `echo $$ > "$CGROUP/cgroup.procs" && ` + script
	}
	g.cmd = exec.Command("sh", "-c", script, o.gateway, "-listen", "127.0.0.1:0", "-metrics", g.metrics,
		"-handshakes", "-1", "-log", "WARN", "-profile", "none")
	g.cmd.Env = append(os.Environ(), "CGROUP="+g.cgroup)
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	g.cmd.Stderr = os.Stderr
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	told := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, at, ok := strings.Cut(lines.Text(), " on http"); ok {
				told <- "http" + at
			}
		}
		g.ended <- g.cmd.Wait()
	}()
	select {
	case at := <-told:
		u, err := url.Parse(at)
		g.address = u.Host
		return g, err
	case err = <-g.ended:
	case <-time.After(startPatience):
		g.kill()
		err = errors.New("no address")
	}
	return nil, fmt.Errorf("the gateway does not start: %w", err)
}

// freePort is one that nobody has now.
func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// stop asks the gateway to end and demands that it does so in order.
func (g *gateway) stop() error {
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("the gateway is gone: %w", err)
	}
	select {
	case err := <-g.ended:
		g.ended <- err
		return err
	case <-time.After(endPatience):
		return errors.New("the gateway does not end")
	}
}

// kill ends whatever is left, and the cgroup.
func (g *gateway) kill() {
	_ = g.cmd.Process.Kill() // it may have ended
	select {
	case <-g.ended:
	case <-time.After(endPatience):
	}
	g.release()
}
