//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// command is this program with other arguments. It ends with the one that
// started it.
func command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return child(exec.Command(self, args...))
}

// child ends with its parent and stays quiet.
func child(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	return cmd
}

// process is a server under test.
type process struct {
	cmd      *exec.Cmd
	addr     netip.AddrPort
	stats    netip.AddrPort
	started  time.Duration // from exec to listening
	rss      float64       // then
	complain bytes.Buffer  // its stderr
}

// patience with a server that starts and with one that ends.
const (
	startPatience = 20 * time.Second
	endPatience   = 3 * time.Second
)

// launch starts a system's server on a core and waits until it listens.
func launch(sys system, core int) (*process, error) {
	p := &process{cmd: sys.command()}
	p.cmd.Stderr = &p.complain
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.cmd.Stdout = in
	begun := nanotime()
	err = pinned(core, p.cmd.Start)
	in.Close()
	if err != nil {
		return nil, err
	}
	out.SetReadDeadline(time.Now().Add(startPatience))
	line, err := bufio.NewReader(out).ReadString('\n')
	p.started = time.Duration(nanotime() - begun)
	if err == nil {
		err = p.listening(line)
	}
	if err != nil {
		p.end()
		return nil, fmt.Errorf("%s does not start: %w%s", sys.name, err, lastLine(&p.complain))
	}
	p.rss = memoryOf(p.cmd.Process.Pid, "VmRSS")
	return p, nil
}

// lastLine is what a server said last, for an error.
func lastLine(b *bytes.Buffer) string {
	s := strings.TrimSpace(b.String())
	if s = s[strings.LastIndexByte(s, '\n')+1:]; s != "" {
		s = ": " + s
	}
	return s
}

// listening reads "listening ADDRESS [stats ADDRESS]".
func (p *process) listening(line string) (err error) {
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "listening" {
		return fmt.Errorf("it said %q", line)
	}
	if p.addr, err = netip.ParseAddrPort(words[1]); err == nil && len(words) == 4 {
		p.stats, err = netip.ParseAddrPort(words[3])
	}
	return err
}

// end stops the server.
func (p *process) end() {
	p.cmd.Process.Signal(unix.SIGTERM)
	kill := time.AfterFunc(endPatience, func() { p.cmd.Process.Kill() })
	p.cmd.Wait()
	kill.Stop()
}

// runLoad runs bench load and takes its line.
func runLoad(core int, args []string, patience time.Duration) (figures, error) {
	cmd := command(append([]string{"load"}, args...)...)
	cmd.Env = append(os.Environ(), quietRuntime)
	var out, complain bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complain
	if err := pinned(core, cmd.Start); err != nil {
		return nil, err
	}
	kill := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer kill.Stop()
	failed := cmd.Wait()
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return nil, fmt.Errorf("the load ended without a result: %v%s", failed, lastLine(&complain))
	}
	if r.Error != "" {
		return nil, errors.New(r.Error)
	}
	return r.Figures, nil
}

// exists tells whether a file is there, for peers that have to be built first.
func exists(elem ...string) bool {
	_, err := os.Stat(filepath.Join(elem...))
	return err == nil
}
