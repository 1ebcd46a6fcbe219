package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demo is a client of a program with users that it made up; their passwords are taken from what it prints.
func demo(t *testing.T, args ...string) (p *program, r *rig, password string) {
	t.Helper()
	p = launch(t, nil, nil, args...)
	r = &rig{t: t, url: "http://" + p.addr, http: &http.Client{Timeout: 20 * time.Second,
		Transport: &http.Transport{DisableKeepAlives: true}}}
	return p, r, p.admin
}

// replaced waits for the next process.
func (p *program) replaced() (pid int) {
	p.t.Helper()
	return pidOf(p.line("msg=replaced"))
}

func pidOf(line string) (pid int) {
	pid, _ = strconv.Atoi(regexp.MustCompile(` pid=(\d+)`).FindStringSubmatch(line)[1])
	return pid
}

// What the program made up when it started outlives it: tokens and passwords of users that are in no file.
func TestSecretsSurvive(t *testing.T) {
	p, r, password := demo(t)
	token := r.signIn("admin", password)
	me := func() {
		t.Helper()
		if status, text, _ := r.ask("GET", "/api/me", "", token); status != 200 || !strings.Contains(text, "1001") {
			t.Errorf("%d %s", status, text)
		}
	}
	me()
	p.signal(syscall.SIGUSR2)
	second := p.replaced()
	p.exits()
	me()
	syscall.Kill(second, syscall.SIGUSR2)
	third := p.replaced()
	me()
	r.signIn("admin", password)
	syscall.Kill(third, syscall.SIGTERM)
	p.line("stopping")
}

// A new process whose configuration is wrong, or that does not come to an end, changes nothing: the old one goes on,
// and can be ended meanwhile.
func TestNewProcessFails(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	write := func(n int) {
		if err := os.WriteFile(key, make([]byte, n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(64)
	p, r, password := demo(t, "-key", key, "-drain", "2s")
	token := r.signIn("admin", password)
	write(3)
	for range 2 {
		p.signal(syscall.SIGUSR2)
		if line := p.line("goes on"); !strings.Contains(line, "less than 32 bytes") {
			t.Errorf("%s", line)
		}
		if status, text, _ := r.ask("GET", "/api/me", "", token); status != 200 {
			t.Errorf("%d %s", status, text)
		}
	}
	os.Remove(key)
	if err := syscall.Mkfifo(key, 0o600); err != nil { // whoever reads it waits for ever
		t.Fatal(err)
	}
	p.signal(syscall.SIGUSR2)
	p.line("a new process is started")
	p.signal(syscall.SIGUSR2)
	p.line("no new process")
	if status, text, _ := r.ask("GET", "/api/me", "", token); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	p.signal(syscall.SIGTERM)
	p.exits()
	for range p.lines { // the new one is gone, too
	}
}
