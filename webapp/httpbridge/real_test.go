package httpbridge

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// TestRealClient is net/http's client against its own handlers behind the bridge: pprof, and one that streams.
func TestRealClient(t *testing.T) {
	loop, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	app, err := webapp.Create(loop, "test", webapp.Addr{Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	Mount(app, "/debug/pprof", http.HandlerFunc(pprof.Index), Options{})
	next, gone := make(chan bool), make(chan bool, 1)
	stream := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for n := 0; ; n++ {
			fmt.Fprintf(w, "data: %d\n\n", n)
			w.(http.Flusher).Flush()
			select {
			case <-next:
			case <-req.Context().Done():
				gone <- true
				return
			}
		}
	})
	Mount(app, "/events", http.StripPrefix("/events", stream), Options{})
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); loop.Run(context.Background()) }()
	t.Cleanup(func() { loop.Stop(); <-done; loop.Close() })
	base := fmt.Sprintf("http://127.0.0.1:%d", app.Port())
	defer http.DefaultClient.CloseIdleConnections()

	for path, want := range map[string]string{"/debug/pprof/": "full goroutine stack dump",
		"/debug/pprof/goroutine?debug=1": "goroutine profile: total", "/debug/pprof/heap": "\x1f\x8b"} {
		res, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if res.StatusCode != 200 || err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %d %v %.100q", path, res.StatusCode, err, b)
		}
		res.Body.Close()
	}

	res, err := http.Get(base + "/events")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(res.Body)
	for n := range 5 { // each event arrives before the handler makes the next one
		if want := fmt.Sprintf("data: %d", n); !lines.Scan() || lines.Text() != want || !lines.Scan() {
			t.Fatalf("%q, want %q", lines.Text(), want)
		}
		if n < 4 {
			next <- true
		}
	}
	res.Body.Close()
	<-gone
}
