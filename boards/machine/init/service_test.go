//go:build linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestService(t *testing.T) {
	s, err := parseService("x", "LIMIT_NOFILE=2048\nWATCHDOG_USEC=10000000\nA=b=c\n"+
		"/bin/gateway\n-listen\n:8000\n-o\nK=V\n")
	if err != nil || s.name != "x" || s.descriptors != 2048 || s.watchdog != 10*time.Second ||
		!slices.Equal(s.environment, []string{"WATCHDOG_USEC=10000000", "A=b=c"}) ||
		!slices.Equal(s.command, []string{"/bin/gateway", "-listen", ":8000", "-o", "K=V"}) {
		t.Errorf("%+v, %v", s, err)
	}
	for _, text := range []string{"", "A=b\n", "LIMIT_NOFILE=-1\n/bin/gateway\n", "WATCHDOG_USEC=soon\n/bin/gateway\n"} {
		if s, err := parseService("x", text); err == nil {
			t.Errorf("%q is %+v", text, s)
		}
	}
}

func TestCounter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snmp")
	text := "Ip: Forwarding\nIp: 1\nTcp: ActiveOpens RetransSegs InErrs\nTcp: 7 42 0\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"ActiveOpens": "7", "RetransSegs": "42", "Nothing": "0"} {
		if got := counter(path, "Tcp:", name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestSharesOfTheProcessor(t *testing.T) {
	before := cpuTimes{total: 1000, idle: 800, interrupts: 10, service: 100}
	now := cpuTimes{total: 2000, idle: 1550, interrupts: 60, service: 300}
	if got := now.since(before); got != "busy=25 interrupts=5 service=20" {
		t.Error(got)
	}
	if got := before.since(before); got != "busy=100 interrupts=0 service=0" {
		t.Error(got)
	}
}
