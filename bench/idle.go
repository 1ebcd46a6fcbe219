//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// idle is being connected and silent.
type idle struct {
	idler
	opener
}

func newIdle(l *loop, s settings) *idle { return &idle{opener: s.opener(l)} }

func (w *idle) onReady(*conn)        { w.join() }
func (w *idle) onClose(*conn, error) { w.lost() }
func (w *idle) start()               {}
func (w *idle) reset()               {}
func (w *idle) count() uint64        { return uint64(w.joined) }
func (w *idle) report(figures)       {}

// spareFDs are the descriptors that a process keeps for other things than the
// connections of the scenario.
const spareFDs = 64

// settle is the time from the last connect to the first look: garbage of the
// handshakes and short timers are not what idle means.
const settle = 2 * time.Second

// idleFigures opens n connections, beyond the own descriptors with the help of
// more processes, holds them and tells what they cost the server.
func (s *settings) idleFigures(l *loop, w measured) (figures, error) {
	rss := memoryOf(s.pid, "VmRSS")
	before := s.ask("")
	begun := nanotime()
	own := min(s.conns, s.descriptors-spareFDs)
	if err := w.open(own, s.patience); err != nil {
		return nil, err
	}
	helpers, err := s.helpers(l, s.conns-own)
	defer helpers.end()
	if err != nil {
		return nil, err
	}
	opened := float64(nanotime()-begun) / 1e9
	l.run(min(settle, s.duration))
	user, system := cpuOf(s.pid)
	switches, at := switchesOf(s.pid), nanotime()
	l.run(s.duration)
	seconds := float64(nanotime()-at) / 1e9
	woken := switchesOf(s.pid) - switches
	userEnd, systemEnd := cpuOf(s.pid)
	n := float64(s.conns)
	f := figures{figConns: n, figSeconds: seconds, figConnectRate: n / opened, figWakeups: woken / seconds}
	f[figRSS] = memoryOf(s.pid, "VmRSS")
	f[figPerConn] = (f[figRSS] - rss) / n
	f[figServerUse] = max(0, userEnd+systemEnd-user-system) / seconds
	if after := s.ask(""); before != nil && after != nil {
		f[figHeap] = after["heapBytes"]
		f[figHeapPerConn] = (after["heapBytes"] - before["heapBytes"]) / n
	}
	return f, nil
}

// hold opens its connections, says so and keeps them until the input ends.
func (s *settings) holdUntilEOF(l *loop, w measured) error {
	if err := w.open(min(s.conns, s.descriptors-spareFDs), s.patience); err != nil {
		return err
	}
	fmt.Println(heldLine)
	for {
		l.run(50 * time.Millisecond)
		os.Stdin.SetReadDeadline(time.Now().Add(time.Microsecond))
		if _, err := os.Stdin.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
}

const heldLine = "held"

// helper is another load process that holds connections.
type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *os.File
}

type helpers []helper

// helpers starts as many processes as n connections need and serves until they
// have theirs.
func (s *settings) helpers(l *loop, n int) (list helpers, err error) {
	for n > 0 {
		part := min(n, s.descriptors-spareFDs)
		n -= part
		h, err := s.helper(part, 1+len(list))
		if err != nil {
			return list, err
		}
		list = append(list, h)
		if err = h.await(l, s.patience); err != nil {
			return list, err
		}
	}
	return list, nil
}

func (s *settings) helper(conns, number int) (helper, error) {
	sc := s.scenario
	sc.kind, sc.conns = kindHold, conns
	args := append([]string{"load", "-addr", s.addr.String(), "-speech", s.speech, "-eio", strconv.Itoa(s.version),
		"-core", strconv.Itoa(s.core), "-first", strconv.Itoa(number * s.sources)}, sc.args()...)
	cmd := command(args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return helper{}, err
	}
	// A pipe of our own: unlike StdoutPipe's it takes a read deadline.
	out, write, err := os.Pipe()
	if err != nil {
		return helper{}, err
	}
	defer write.Close()
	cmd.Stdout = write
	return helper{cmd, in, out}, cmd.Start()
}

// await serves l until the helper holds its connections.
func (h helper) await(l *loop, patience time.Duration) error {
	lines := bufio.NewReader(h.out)
	line := ""
	for end := nanotime() + int64(patience); nanotime() < end; {
		l.run(20 * time.Millisecond)
		h.out.SetReadDeadline(time.Now().Add(time.Microsecond))
		part, err := lines.ReadString('\n')
		if line += part; err == nil {
			if line == heldLine+"\n" {
				return nil
			}
			return fmt.Errorf("helper said %q", line)
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("helper: %w", err)
		}
	}
	return errors.New("helper took too long")
}

func (list helpers) end() {
	for _, h := range list {
		h.stdin.Close()
		h.cmd.Wait()
		h.out.Close()
	}
}
