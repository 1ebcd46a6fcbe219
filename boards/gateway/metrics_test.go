package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll"
)

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// The probes are on both ports, the metrics on the operator's only.
func TestMetrics(t *testing.T) {
	r := startWith(t, board(), config{metrics: "127.0.0.1:0"})
	ready := true
	var ops string
	r.on(func() {
		ops = fmt.Sprintf("http://127.0.0.1:%d", r.ops.Port())
		r.health.Add("test", func() bool { return ready })
	})
	for _, base := range []string{r.url, ops} {
		for _, path := range []string{"/healthz", "/readyz"} {
			if status, text := get(t, base+path); status != 200 || text != "ok\n" {
				t.Errorf("%s: %d %q", path, status, text)
			}
		}
	}
	r.on(func() { ready = false })
	for _, base := range []string{r.url, ops} {
		if status, text := get(t, base+"/readyz"); status != 503 || text != "not ready\ntest\n" {
			t.Errorf("%d %q", status, text)
		}
	}
	if status, text := get(t, ops+"/metrics"); status != 200 ||
		!regexp.MustCompile(`(?m)^edgesio_http_requests_total\{code="5xx"\} 1$`).MatchString(text) {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := get(t, r.url+"/metrics"); status != 404 {
		t.Errorf("the metrics are on the public port: %d", status)
	}
	if status, _ := get(t, ops+"/index.html"); status != 404 {
		t.Errorf("the page is on the operator's port: %d", status)
	}
}

func TestNoMetricsByDefault(t *testing.T) {
	r := start(t)
	if r.ops != nil {
		t.Error("there is an operator's listener")
	}
	if status, _ := get(t, r.url+"/readyz"); status != 200 {
		t.Errorf("readyz: %d", status)
	}
}

// A listener that strangers may reach is allowed, and told of.
func TestPublicMetricsAreToldOf(t *testing.T) {
	for host, want := range map[string]bool{"": false, "0.0.0.0": false, "::": false, "8.8.8.8": false,
		"box.example": false, "127.0.0.1": true, "::1": true,
		"192.168.1.1": true, "10.0.0.1": true, "fd00::1": true,
		"169.254.1.1": true} {
		if private(host) != want {
			t.Errorf("private(%q) is %v", host, !want)
		}
	}
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	loop, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	c := config{listen: "127.0.0.1:0", metrics: "0.0.0.0:0", name: "test"}
	if _, err := newGateway(loop, &c, board()); err != nil || !strings.Contains(log.String(), "not on a loopback") {
		t.Errorf("%v, log %q", err, log.String())
	}
	c.metrics = "nonsense"
	if _, err := newGateway(loop, &c, board()); err == nil || !strings.Contains(err.Error(), "metrics: ") {
		t.Errorf("a wrong address: %v", err)
	}
}

// While the address is taken the gateway serves, and the metrics come when it is free.
func TestMetricsAddressIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := startWith(t, board(), config{metrics: taken.Addr().String()})
	if status, _ := get(t, r.url+"/healthz"); status != 200 {
		t.Errorf("the gateway does not serve: %d", status)
	}
	r.on(func() {
		if !r.ops.again.Armed() || r.ops.Port() != 0 {
			t.Error("it does not try again")
		}
	})
	taken.Close()
	r.on(func() { r.ops.OnTimer(nil) }) // the timer's second, now
	if status, _ := get(t, "http://"+taken.Addr().String()+"/metrics"); status != 200 {
		t.Errorf("no metrics: %d", status)
	}
}
