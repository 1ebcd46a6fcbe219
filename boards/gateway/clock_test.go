package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// booted is the gateway on the kernel in memory, on a board without a clock of its own: it is 1970.
type booted struct {
	*gateway
	t    *testing.T
	k    *polltest.Kernel
	loop *poll.Loop
}

func bootIn1970(t *testing.T) *booted {
	t.Helper()
	k := polltest.New(1, polltest.Faults{})
	k.JumpWall(time.Unix(20, 0).Sub(k.Wall()))
	loop, err := poll.New(poll.Options{Kernel: k})
	if err != nil {
		t.Fatal(err)
	}
	c := defaults()
	c.users = filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(c.users, []byte(userLine(t, "ada", "1001", "admin", "tulip", "Ada")), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := newGateway(loop, c, board())
	if err == nil {
		err = g.start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { loop.Close() })
	return &booted{g, t, k, loop}
}

func (b *booted) issue() pair {
	b.t.Helper()
	p, err := b.tokens.issue(b.accounts.byName["ada"], b.k.Wall())
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// device asks for what the page of the device shows.
func (b *booted) device(who pair) string {
	p := b.k.Dial("127.0.0.1:8000")
	p.Printf("GET /api/device HTTP/1.1\r\nHost: a\r\n%s: %s\r\n%s: %s\r\nConnection: close\r\n\r\n",
		eos.TokenName, who.token, eos.SrandName, who.srand)
	b.k.Run(b.loop, p.Ended, time.Second)
	return string(p.Read())
}

// watcher is a WebSocket client that answers heartbeats.
type watcher struct {
	b   *booted
	p   *polltest.Peer
	got string
}

func (b *booted) watch(who pair) *watcher {
	b.t.Helper()
	w := &watcher{b: b, p: b.k.Dial("127.0.0.1:8000")}
	text := fmt.Sprintf(handshake, "websocket")
	if who.token != "" {
		text = strings.Replace(text, "EIO=4", "EIO=4&"+eos.TokenName+"="+who.token+"&"+eos.SrandName+"="+who.srand, 1)
	}
	w.p.Write([]byte(text))
	w.send("40")
	w.live(time.Second)
	return w
}

func (w *watcher) send(text string) {
	w.p.Write(append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...))
}

// live lets time pass.
func (w *watcher) live(d time.Duration) {
	for end := w.b.k.Monotonic() + d; w.b.k.Monotonic() < end; {
		w.b.k.Sleep(w.b.loop, time.Second)
		w.read()
	}
}

func (w *watcher) read() {
	b := string(w.p.Read())
	if strings.Contains(b, "\x81\x012") {
		w.send("3")
	}
	w.got += b
}

// The calendar of a board without a battery is set when the network is there. Who is connected stays, with heartbeats
// and all; who signed in before is told within a minute, and signs in again. It goes back as well.
func TestWrongClockAtBoot(t *testing.T) {
	b := bootIn1970(t)
	old := b.issue()
	guest, ada := b.watch(pair{}), b.watch(old)
	for _, w := range []*watcher{guest, ada} {
		if !strings.Contains(w.got, "40{") {
			t.Fatalf("in 1970: %q", w.got)
		}
	}
	both := func(d time.Duration) {
		for range d / time.Second {
			guest.live(time.Second)
			ada.read()
		}
	}
	both(5 * time.Minute)
	if ada.p.Ended() || guest.p.Ended() {
		t.Fatal("somebody is gone in 1970")
	}
	turns := b.loop.Stats().Turns
	b.k.JumpWall(56 * 365 * 24 * time.Hour)
	both(62 * time.Second)
	if n := b.loop.Stats().Turns - turns; n > 400 {
		t.Errorf("%d turns in a minute", n)
	}
	if !strings.Contains(ada.got, `42["eos_expired",{"reason":"expired"}]`) || !ada.p.Ended() {
		t.Errorf("a token of 1970 holds: %q", ada.got)
	}
	if w := b.watch(old); strings.Contains(w.got, " 101 ") {
		t.Errorf("a token of 1970 is taken: %q", w.got)
	}
	fresh, now := b.issue(), b.k.Wall()
	ada = b.watch(fresh)
	if !strings.Contains(ada.got, "40{") || fresh.expires.Sub(now).Round(time.Minute) != 12*time.Hour {
		t.Errorf("signed in again: %q until %v", ada.got, fresh.expires)
	}
	if text := b.device(fresh); !strings.Contains(text, `"started":"`+now.Format("2006-01-02T")) {
		t.Errorf("started in 1970: %s", text)
	}
	if _, err := b.tokens.renew(fresh.token, fresh.renewal, b.k.Wall(), b.accounts.has); err != nil {
		t.Error(err)
	}
	b.k.JumpWall(-56 * 365 * 24 * time.Hour)
	both(5 * time.Minute)
	if guest.p.Ended() || ada.p.Ended() {
		t.Error("a clock that goes back disconnects")
	}
	if w := b.watch(fresh); strings.Contains(w.got, " 101 ") {
		t.Error("a token of the future is taken")
	}
	if w := b.watch(b.issue()); !strings.Contains(w.got, "40{") {
		t.Errorf("signed in for the third time: %q", w.got)
	}
	if guest.p.Ended() {
		t.Error("the guest is gone")
	}
}
