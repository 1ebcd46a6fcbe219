package main

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

func TestWatchdogTime(t *testing.T) {
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
	}{
		{"", "", 0},
		{"3000000", "", 1500 * time.Millisecond},
		{"3000000", "42", 1500 * time.Millisecond},
		{"3000000", "41", 0}, // another process'
		{"3000000", "x", 0},
		{"0", "", 0},
		{"-1", "", 0},
		{"3s", "", 0},
		{"99999999999999999999", "", 0},
		{"9223372036854775807", "", 0},
	} {
		if got := watchdogTime(c.usec, c.pid, 42); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Signs of life come at half of the time, out of turns of the loop, to an abstract socket too; one that is full or gone
// stops nothing.
func TestNotifier(t *testing.T) {
	name := "@edgesio-" + strconv.Itoa(os.Getpid())
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	k := polltest.New(1, polltest.Faults{})
	loop, err := poll.New(poll.Options{Kernel: k})
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	for path, want := range map[string]bool{"": false, "relative": false, "@nobody-" + name[1:]: false, name: true} {
		t.Setenv("NOTIFY_SOCKET", path)
		if n := newNotifier(loop); (n != nil) != want {
			t.Errorf("%q: %v", path, n)
		}
	}
	var none *notifier
	none.watch()
	none.say("READY=1")
	none.reloading()
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_USEC", "2000000")
	n := newNotifier(loop)
	n.watch()
	k.Sleep(loop, 3500*time.Millisecond)
	n.reloading()
	var got []string
	b := make([]byte, 1000)
	for len(got) < 5 {
		systemd.SetReadDeadline(time.Now().Add(10 * time.Second))
		size, err := systemd.Read(b)
		if err != nil {
			t.Fatal(err, got)
		}
		got = append(got, string(b[:size]))
	}
	want := strings.Repeat("WATCHDOG=1 ", 4) + "RELOADING=1\nMONOTONIC_USEC="
	if text := strings.Join(got, " "); !strings.HasPrefix(text, want) {
		t.Errorf("%q", text)
	}
	for range 10_000 { // more than the queue takes
		n.say("STATUS=full")
	}
	systemd.Close()
	n.say("STATUS=gone")
}
