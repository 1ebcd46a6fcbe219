package sio

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eio"
)

// echoes wants an ack of a bystander, at this time.
func echoes(t *testing.T, c *wsClient) {
	t.Helper()
	c.send(`427["emit-with-ack-back"]`)
	if got := c.recv(); !strings.HasPrefix(got, "437[") {
		t.Errorf("a bystander got %q", got)
	}
}

func answering(r *rig) {
	r.io.On("emit-with-ack-back", func(e *Event) { e.Ack("ok") })
}

// TestConnectFlood: a client that goes on asking for namespaces, known or unknown,
// is disconnected, and OnRefuse is told.
func TestConnectFlood(t *testing.T) {
	for _, packet := range []string{"40/unknown%d,", "40/dyn-%d,"} {
		r := newRig(t, Options{ConnectRate: 1, ConnectBurst: 20})
		answering(r)
		r.fixture()
		told := 0
		r.io.OnRefuse(func(_ *Client, err error) {
			if told++; err != errConnects {
				t.Error(err)
			}
		})
		friend, c := r.connect(""), r.ws(4, "")
		for i := range 20 {
			c.send(fmt.Sprintf(packet, i))
			c.recv()
		}
		c.send(fmt.Sprintf(packet, 20))
		c.expect("close")
		echoes(t, friend)
		if st := r.io.Stats(); told != 1 || st.Throttled != 1 || st.Clients != 1 {
			t.Errorf("told %d times, %+v", told, st)
		}
	}
}

// TestEarlyBytes: before it is in a namespace a client may send little.
func TestEarlyBytes(t *testing.T) {
	var log bytes.Buffer
	r := newLoggingRig(t, Options{MaxEarlyBytes: 200}, &log)
	answering(r)
	r.io.Of("/slow").Use(func(*Socket, func(error)) {}) // never decides
	friend := r.connect("")
	c := r.ws(4, "")
	for i := range 3 {
		c.send(fmt.Sprintf(`40/slow%s,{"a":"%s"}`, []string{"", "er", "est"}[i], strings.Repeat("x", 50)))
	}
	c.send(`40/x,{"a":"` + strings.Repeat("x", 50) + `"}`)
	c.recv()
	c.recv()
	c.expect("close")
	big := r.ws(4, "")
	big.send("40" + strings.Repeat("x", 201))
	big.expect("close")
	echoes(t, friend)
	friend.send(`42["big","` + strings.Repeat("x", 5000) + `"]`)
	friend.expect("nothing")
	if st := r.io.Stats(); st.Throttled != 1 || st.Clients != 1 || strings.Count(log.String(), "class=socket.io") != 1 {
		t.Errorf("%+v, %s", st, log.String())
	}
}

// TestJoinRate: joining and leaving without end is refused, without harm to the socket.
func TestJoinRate(t *testing.T) {
	r := newRig(t, Options{JoinRate: 10, JoinBurst: 50})
	answering(r)
	refused := 0
	r.io.On("churn", func(e *Event) {
		for i := range 1000 {
			room := fmt.Sprint("room ", i)
			if err := e.Socket().Join(room); err == ErrJoinRate {
				refused++
			} else if err != nil {
				t.Error(err)
			}
			e.Socket().Leave(room)
		}
	})
	c, friend := r.connect(""), r.connect("")
	c.send(`42["churn"]`)
	r.settle()
	if st := r.io.Stats(); refused != 950 || st.Throttled != 950 {
		t.Errorf("%d refused, %+v", refused, st)
	}
	echoes(t, friend)
	echoes(t, c)
	r.k.Sleep(r.loop, time.Second)
	c.send(`42["churn"]`)
	r.settle()
	if refused != 950+990 {
		t.Errorf("%d refused", refused)
	}
}

// TestEventFlood: the engine ends a flood of events or acks; OnRefuse is told, and the socket why.
func TestEventFlood(t *testing.T) {
	for _, packet := range []string{`42["x"]`, `4312345["x"]`} {
		r := newRig(t, Options{EventRate: 50, EventBurst: 100, FloodTimeout: 5 * time.Second})
		answering(r)
		var told, desc error
		var reason Reason
		r.io.OnRefuse(func(_ *Client, err error) { told = err })
		r.io.OnConnection(func(s *Socket) {
			s.OnDisconnect(func(why Reason) { reason, desc = why, s.DisconnectError() })
		})
		c := r.connect("")
		for range 30 {
			for range 100 {
				c.send(packet)
			}
			r.k.Sleep(r.loop, time.Second)
		}
		if told != eio.ErrFlood || desc != eio.ErrFlood || reason != "transport error" {
			t.Errorf("told %v, socket closed with %q %v", told, reason, desc)
		}
		echoes(t, r.connect(""))
	}
}

// TestJoinRateOfRecovered: a socket that comes back is in all its rooms, however few it might join at once.
func TestJoinRateOfRecovered(t *testing.T) {
	r := recovering(t, Options{JoinRate: 2, JoinBurst: 2})
	var rooms []string
	r.io.OnConnection(func(s *Socket) {
		if rooms = s.Rooms(); !s.Recovered() {
			check(t, s.Join("a", "b"))
			r.loop.After(2*time.Second, func() { check(t, s.Join("c", "d")) })
		}
	})
	var g ghost
	sid := g.join(r, "", "")
	r.k.Sleep(r.loop, 3*time.Second)
	g.die()
	if back := g.join(r, "", ""); back != sid || len(rooms) != 5 {
		t.Errorf("%s came back as %s, in the rooms %q", sid, back, rooms)
	}
}
