package webapp

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// A handler that keeps the loop is in the log, by its path's pattern; the next one
// with its time.
func TestSlowHandlerIsNamed(t *testing.T) {
	k := polltest.New(1, polltest.Faults{})
	loop, err := poll.New(poll.Options{Kernel: k})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	o := Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	app, err := CreateWith(loop, "slow", Addr{Port: 80}, o)
	if err != nil {
		t.Fatal(err)
	}
	app.Get("/quick", func(_ *Request, res *Response) { res.End("ok") })
	app.Get("/slow/:name", func(_ *Request, res *Response) {
		k.Suspend(300 * time.Millisecond)
		res.End("ok")
	})
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	k.Sleep(loop, time.Second)
	p := k.Dial("127.0.0.1:80")
	for _, want := range []string{"handlers=\"[/slow/:name /quick]\"", "handlers=\"[/slow/:name 300ms]\""} {
		log.Reset()
		p.WriteString("GET /slow/secret HTTP/1.1\r\nHost: a\r\n\r\nGET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
		k.Sleep(loop, 6*time.Second)
		if got := log.String(); !strings.Contains(got, want) || !strings.Contains(got, "duration=300ms") ||
			!strings.Contains(got, "class=slow") || strings.Contains(got, "secret") || strings.Count(got, "\n") != 1 {
			t.Errorf("want %s, got %s", want, got)
		}
	}
	if n := loop.Stats().SlowTurns; n != 2 {
		t.Errorf("%d slow turns", n)
	}
	if h := loop.Lag(); h.Buckets[7].Count != h.Count || h.Sum > time.Second {
		t.Errorf("nothing was late but the slow turns: %+v", h)
	}
	loop.Close()
}
