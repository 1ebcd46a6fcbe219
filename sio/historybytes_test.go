package sio

import (
	"math"
	"strings"
	"testing"
	"time"
)

// What a replay sends may be what memory gets short for. The log is not shed under it: a client would miss packets and
// be told that it has all.
func TestLogIsNotShedUnderReplay(t *testing.T) {
	r := recovering(t, Options{})
	r.connect("")
	for i := range 200 {
		r.io.Emit("x", i)
	}
	h, sent := r.io.history, 0
	all := h.replay(r.io.Namespace, &SavedSession{ID: "lost", Since: string(h.offset(nil, 0))}, "", func(*MissedPacket) {
		sent++
		if sent == 100 {
			give := r.scarce(0)
			r.loop.Budget().Tight()
			give()
		}
	})
	if !all || sent != 200 {
		t.Errorf("%d of 200 packets are sent, and all of them: %v", sent, all)
	}
	if h.shed(math.MaxInt); h.bytes != 0 || r.loop.Budget().Used() > 64<<10 {
		t.Errorf("afterwards it is shed, but %d bytes are left", h.bytes)
	}
}

// A packet for many rooms costs what their names take, and gives all of it back.
func TestLogCountsRooms(t *testing.T) {
	const limit = 256 << 10
	r := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{MaxBytes: limit}})
	r.connect("")
	club := r.io.Of("/club")
	r.connect("/club")
	b, h := r.loop.Budget(), r.io.history
	before := b.Used()
	for i := range 100 {
		rooms := make([]string, 100)
		for j := range rooms {
			rooms[j] = strings.Repeat("r", 100+i)
		}
		r.io.To(rooms...).Emit("x", []byte{1})
		club.Except(rooms...).Emit("y")
	}
	r.settle() // what was sent has left
	held := 0
	for _, k := range h.packets[h.head:] {
		for _, list := range [][]string{k.rooms, k.except} {
			for _, name := range list {
				held += len(name)
			}
		}
	}
	if held > limit || h.bytes > limit || b.Used()-before != h.bytes {
		t.Errorf("the log holds %d bytes of names, counts %d of %d, the budget %d", held, h.bytes, limit, b.Used()-before)
	}
	h.leave(club)
	if b.Used()-before != h.bytes {
		t.Errorf("the log counts %d bytes, the budget %d", h.bytes, b.Used()-before)
	}
	r.k.Sleep(r.loop, 5*time.Minute)
	if h.bytes != 0 || b.Used() != 0 {
		t.Errorf("%d bytes are left, %d of the budget", h.bytes, b.Used())
	}
}
