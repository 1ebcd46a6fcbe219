package eio

import (
	"fmt"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// beating is the client's end of a WebSocket that answers pings after a while,
// or beats by itself in protocol 3, and may be silenced.
type beating struct {
	r        *rig
	p        *polltest.Peer
	protocol uint8
	silent   bool
	delay    func() time.Duration
	inputs   map[time.Duration]bool // when it sent
	pinged   []time.Duration
	last     time.Duration // when it last sent
	closed   time.Duration // when it was hung up on
	buf      []byte
}

func (r *rig) beat(protocol uint8, delay func() time.Duration) *beating {
	b := &beating{r: r, protocol: protocol, delay: delay, p: r.dial(), inputs: map[time.Duration]bool{}}
	b.p.OnData = func(data []byte) {
		b.buf = append(b.buf, data...)
		if _, _, _, rest, ok := cutAnswer(b.buf, false); ok {
			b.buf = rest
		}
		for {
			_, payload, rest, ok := cutFrame(b.buf)
			if !ok {
				return
			}
			if b.buf = rest; string(payload) == "2" {
				b.pinged = append(b.pinged, r.k.Monotonic())
				r.k.After(b.delay(), func() { b.send("3") })
			}
		}
	}
	b.p.OnEnd = func(bool) { b.closed = r.k.Monotonic() }
	b.inputs[r.k.Monotonic()] = true
	b.last = r.k.Monotonic()
	request(b.p, "GET", fmt.Sprintf("/engine.io/?EIO=%d&transport=websocket", protocol), nil, upgradeLines...)
	return b
}

func (b *beating) send(packet string) {
	if !b.silent && !b.p.Ended() {
		b.last = b.r.k.Monotonic()
		b.inputs[b.last] = true
		b.p.Write(text(packet))
	}
}

// rhythms are pairs of pingInterval and pingTimeout in ms.
var rhythms = [][2]int{
	{25000, 20000}, {300, 200}, {200, 300}, {1000, 60000}, {60000, 1000}, {25000, 5000}, {5000, 25000},
	{7, 3}, {1, 1}, {16, 1700}, {17777, 3333}, {3333, 17777}, {100000, 100},
}

// TestSilenceIsBounded: a client that falls silent, at any point of its rhythm, is
// closed after pingInterval + pingTimeout and less than a second more, but a
// client of protocol 4 never before it had pingTimeout for an answer.
func TestSilenceIsBounded(t *testing.T) {
	for _, ms := range rhythms {
		interval, timeout := time.Duration(ms[0])*time.Millisecond, time.Duration(ms[1])*time.Millisecond
		for seed := range uint64(40) {
			r := newRig(t, seed, quietly, Options{PingInterval: interval, PingTimeout: timeout})
			r.sleep(time.Duration(r.k.IntN(3000)) * time.Millisecond)
			protocol := 3 + uint8(seed%2)
			b := r.beat(protocol, func() time.Duration { return time.Duration(r.k.IntN(ms[1])) * time.Millisecond })
			for range r.k.IntN(4) { // some life: beats of protocol 3, and messages
				r.sleep((interval * time.Duration(r.k.IntN(100)) / 100).Truncate(time.Millisecond))
				b.send(pick(protocol == 3, "2", "4x"))
			}
			r.sleep(time.Duration(r.k.IntN(2*ms[0])) * time.Millisecond)
			b.silent = true
			r.sleep(2*(interval+timeout) + 4*time.Second)
			r.silenceWas(b, interval, timeout)
			r.finish()
		}
	}
}

func (r *rig) silenceWas(b *beating, interval, timeout time.Duration) {
	r.Helper()
	took := b.closed - b.last
	if b.closed == 0 || took >= interval+timeout+time.Second || r.reasons[r.last.ID()] != PingTimeout {
		r.Errorf("%v + %v, protocol %d: closed after %v of silence, %q", interval, timeout, b.protocol, took,
			r.reasons[r.last.ID()])
	}
	if b.protocol == 3 && took < interval+timeout {
		r.Errorf("%v + %v, protocol 3: closed after %v", interval, timeout, took)
	}
	if n := len(b.pinged); b.protocol == 4 && (n == 0 || b.closed-b.pinged[n-1] < timeout) {
		r.Errorf("%v + %v, protocol 4: pinged at %v, closed at %v", interval, timeout, b.pinged, b.closed)
	}
}

// TestPingsKeepTime: pings come pingInterval behind the last pong, late by less
// than a grain, and a client that answers in time stays.
func TestPingsKeepTime(t *testing.T) {
	for _, ms := range rhythms {
		interval, timeout := time.Duration(ms[0])*time.Millisecond, time.Duration(ms[1])*time.Millisecond
		r := newRig(t, 1, quietly, Options{PingInterval: interval, PingTimeout: timeout})
		delay := timeout - time.Millisecond
		b := r.beat(4, func() time.Duration { return delay })
		r.sleep(10 * (interval + timeout))
		grain := time.Duration(beatGrain(interval)) * time.Millisecond
		for i := 1; i < len(b.pinged); i++ {
			if late := b.pinged[i] - b.pinged[i-1] - delay - interval; late < 0 || late >= grain {
				t.Errorf("%v + %v: ping %d is %v late", interval, timeout, i, late)
			}
		}
		if len(b.pinged) < 4 || b.p.Ended() {
			t.Errorf("%v + %v: pinged %d times, ended %v", interval, timeout, len(b.pinged), b.p.Ended())
		}
		r.finish()
	}
}

// TestGroupedWakeUps: a thousand idle sessions that came at any time wake the loop
// once a second for all their heartbeats, besides what comes from them.
func TestGroupedWakeUps(t *testing.T) {
	for _, protocol := range []uint8{3, 4} {
		r := newRig(t, 1, quietly, Options{})
		var clients []*beating
		for range 1000 {
			r.k.After(time.Duration(r.k.IntN(25000))*time.Millisecond, func() {
				clients = append(clients, r.beat(protocol, func() time.Duration {
					return time.Duration(r.k.IntN(80)) * time.Millisecond
				}))
			})
		}
		r.sleep(30 * time.Second)
		if protocol == 3 {
			for _, b := range clients {
				r.keepBeating(b)
			}
		}
		r.sleep(30 * time.Second)
		const span = 200
		woken, begin := map[time.Duration]bool{}, r.k.Monotonic()
		r.k.Run(r.loop, func() bool { woken[r.k.Monotonic()] = true; return false }, span*time.Second)
		for _, b := range clients {
			for at := range b.inputs {
				for late := time.Duration(0); late <= gatherPause; late += time.Millisecond {
					delete(woken, at+late)
				}
			}
		}
		if n := r.engine.ClientsCount(); n != 1000 || len(woken) > span+2 {
			t.Errorf("protocol %d: %d sessions, %d wake-ups in %v", protocol, n, len(woken), r.k.Monotonic()-begin)
		}
		r.finish()
	}
}

// TestPongsAreGathered: the pongs of a thousand sessions that were pinged together
// wake the loop a few times, whenever each of them comes.
func TestPongsAreGathered(t *testing.T) {
	const spread = 80 * time.Millisecond
	r := newRig(t, 1, quietly, Options{HandshakesPerAddress: -1})
	for i := range 1000 {
		r.k.After(time.Duration(i)*100*time.Microsecond, func() {
			r.beat(4, func() time.Duration { return time.Duration(r.k.IntN(int(spread))) })
		})
	}
	r.sleep(24 * time.Second)
	before := r.loop.Stats()
	r.sleep(3 * time.Second)
	after := r.loop.Stats()
	turns, pings := after.Turns-before.Turns, after.Writes-before.Writes
	if limit := uint64(spread/gatherPause) + gatherPongs + 5; pings != 1000 || turns > limit {
		t.Errorf("%d pings, %d turns, at most %d expected", pings, turns, limit)
	}
	r.finish()
}

// keepBeating makes a client of protocol 3 beat, every 25 s, with a jitter.
func (r *rig) keepBeating(b *beating) {
	var beat func()
	beat = func() {
		b.send("2")
		r.k.After(24*time.Second+time.Duration(r.k.IntN(1000))*time.Millisecond, beat)
	}
	r.k.After(time.Duration(r.k.IntN(14000))*time.Millisecond, beat)
}

// TestPingWithoutRoom: a ping that does not fit into the queue ends the session,
// and its timer.
func TestPingWithoutRoom(t *testing.T) {
	r := newRig(t, 1, quietly, Options{MaxQueuedPackets: 1})
	s := r.openPoll("EIO=4")
	s.Send([]byte("x"), false)
	r.sleep(26 * time.Second)
	if r.reasons[s.ID()] != TransportError || r.descs[s.ID()] != ErrQueue || s.beat.Armed() {
		t.Errorf("closed with %q, %v; timer armed: %v", r.reasons[s.ID()], r.descs[s.ID()], s.beat.Armed())
	}
	r.finish()
}
