//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// asProgram makes the test's binary the bench program: servers and loads are
// started from it.
const asProgram = "BENCH_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Setenv(asProgram, "1")
	os.Setenv("GORACE", "atexit_sleep_ms=0") // of a hundred processes
	os.Exit(m.Run())
}

// needProcesses skips where the binary cannot start itself: an emulator without
// binfmt_misc runs it, but the kernel does not know how to.
func needProcesses(t *testing.T) {
	t.Helper()
	if err := command("nothing").Run(); errors.Is(err, unix.ENOEXEC) {
		t.Skip("the kernel cannot start a binary of this architecture")
	}
}

// small is a scenario cut to what shows that it works.
func small(s scenario) scenario {
	switch {
	case s.conns == 0:
		s.conns = 200
	case s.rooms > 0:
		s.rooms, s.conns = 3, 15
	case s.kind == kindDay:
		s.conns = 40
	default:
		s.conns = min(s.conns, 20)
	}
	return s
}

func TestEveryScenario(t *testing.T) {
	needProcesses(t)
	c := &campaign{warm: 50 * time.Millisecond, duration: 150 * time.Millisecond, short: true}
	c.serverCore, c.loadCore = -1, -1
	for _, s := range scenarios() {
		for _, sys := range append([]system{oursOnly()}, references()...) {
			if sys.does(s) {
				t.Run(s.name+"/"+sys.name, func(t *testing.T) { smoke(t, c, sys, small(s)) })
			}
		}
	}
}

// smoke runs a scenario and looks whether its figures can be.
func smoke(t *testing.T, c *campaign, sys system, s scenario) {
	f, err := c.once(sys, s)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{figRate, figP50, figP99, figRSS, figHeap, figCalls, figAllocs, figLagMax}
	switch s.kind {
	case kindStart:
		want = []string{figStart, figStartRSS}
	case kindIdle, kindWake:
		want = []string{figConns, figRSS} // the heap of so few is within what the collector leaves
	}
	for _, name := range want {
		if f[name] <= 0 && name != figAllocs {
			t.Errorf("%s is %v", name, f[name])
		}
	}
	if f[figBad] != 0 || f[figErrors] != 0 {
		t.Errorf("%v bad answers, %v errors", f[figBad], f[figErrors])
	}
	if t.Failed() {
		t.Log(f)
	}
}

func TestIdleTakesMoreProcesses(t *testing.T) {
	needProcesses(t)
	p, err := launch(oursOnly(), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.end()
	// The shell lowers the limit of the load, which needs two helpers then.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ulimit -n 200; exec "$@"`, "sh", self, "load", "-addr", p.addr.String(), "-pid",
		strconv.Itoa(p.cmd.Process.Pid), "-stats", p.stats.String(), "-kind", "idle", "-conns", "300", "-for", "100ms")
	cmd.Env = append(os.Environ(), quietRuntime)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err = cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	var r result
	if err = json.Unmarshal(out.Bytes(), &r); err != nil || r.Figures[figConns] != 300 || r.Figures[figHeapPerConn] <= 0 {
		t.Errorf("%v: %s", err, &out)
	}
}

func TestLoadStaysOnThisMachine(t *testing.T) {
	for _, addr := range []string{"10.0.0.1:80", "192.168.1.1:80", "[::1]:80", "127.0.0.1:0", "localhost:80"} {
		if _, err := loadFlags([]string{"-addr", addr}); err == nil {
			t.Errorf("%s is taken", addr)
		}
	}
	if _, err := loadFlags([]string{"-addr", "127.0.0.9:80"}); err != nil {
		t.Error(err)
	}
}
