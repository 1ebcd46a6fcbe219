package main

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
)

// How often a topic that somebody watches is read, and how soon the first time: a page asks for all its topics at once.
const (
	every = time.Second
	soon  = 30 * time.Millisecond
)

// topics are the rooms of the namespace "/device", in the order of the page. A topic's reading goes to its room as an
// event of the same name.
var topics = []string{"load", "memory", "temperature", "network", "sockets", "events"}

// telemetry reads the device while somebody watches, and only what is watched. Loop's goroutine only, but for the work
// that it hands to Loop.Go.
type telemetry struct {
	poll.Timer
	loop    *poll.Loop
	io      *sio.Server
	device  *sio.Namespace
	probe   *probe
	away    bool              // a reading is under way
	fresh   bool              // the next reading has nothing to compare with
	early   bool              // the timer stands for a newcomer
	last    map[string]latest // the latest of each watched topic
	events  uint64            // received in both namespaces
	before  counters
	missing map[string]bool // topics that this board does not have
}

// latest is a reading as JSON, and when it was made in milliseconds.
type latest struct {
	json json.RawMessage
	at   int64
}

// counters are what the rates of topic "events" compare with.
type counters struct {
	events, bytesIn, bytesOut, turns uint64
	at                               int64
}

type (
	socketsReading struct {
		Sockets     int    `json:"sockets"`
		Clients     int    `json:"clients"`
		Connections int    `json:"connections"`
		Rooms       int    `json:"rooms"`
		Accepted    uint64 `json:"accepted"`
	}
	eventsReading struct {
		Events *float64 `json:"events"` // a second, as are the others
		In     *float64 `json:"in"`     // bytes
		Out    *float64 `json:"out"`
		Turns  *float64 `json:"turns"`
		Total  uint64   `json:"total"`
	}
)

// newTelemetry looks once for what the board has; root is its "/".
func newTelemetry(loop *poll.Loop, io *sio.Server, device *sio.Namespace, root fs.FS) *telemetry {
	t := &telemetry{loop: loop, io: io, device: device, probe: newProbe(root), last: map[string]latest{},
		missing: map[string]bool{}}
	for _, topic := range topics {
		_, err := t.probe.read(topic, 0)
		t.missing[topic] = err != nil
	}
	t.probe.forget()
	count := func(*sio.Event) { t.events++ }
	io.OnAny(count)
	device.OnAny(count)
	return t
}

// read is one reading off the loop; topics that are not the device's are nil.
func (p *probe) read(topic string, now int64) (any, error) {
	switch topic {
	case "load":
		return p.load()
	case "memory":
		return p.memory()
	case "temperature":
		return p.temperature()
	case "network":
		return p.network(now)
	}
	return nil, nil
}

// forget drops what rates compare with, after a time without readings.
func (p *probe) forget() { p.cpu, p.traffic, p.at = cpuTime{}, traffic{}, 0 }

// watch begins to read, or gives the newcomer the latest reading.
func (t *telemetry) watch(s *sio.Socket, topic string) {
	if !t.Armed() {
		t.fresh, t.before, t.early = true, counters{}, false
	}
	switch r, ok := t.last[topic]; {
	case ok && t.Armed() && t.loop.Now()-r.at < 2*every.Milliseconds():
		s.Latest(topic).Emit(topic, r.json)
	case !t.early: // else newcomers could put it off for ever
		t.early = true
		t.loop.Arm(&t.Timer, soon, t)
	}
}

// watched are the topics with a socket in their room.
func (t *telemetry) watched() (list []string) {
	rooms, ok := t.device.Adapter().(interface{ RoomLen(string) int })
	for _, topic := range topics {
		if ok && rooms.RoomLen(topic) > 0 {
			list = append(list, topic)
		}
	}
	return list
}

// OnTimer reads what is watched. Nobody there: it is not armed again, and the gateway sleeps.
func (t *telemetry) OnTimer(*poll.Timer) {
	list := t.watched()
	if len(list) == 0 {
		clear(t.last)
		return
	}
	t.early = false
	t.loop.Arm(&t.Timer, every, t)
	if t.away {
		return // the device is slow: this turn is left out
	}
	readings := make([]any, len(list))
	now := t.loop.Now()
	for i, topic := range list {
		switch topic {
		case "sockets":
			readings[i] = t.sockets()
		case "events":
			readings[i] = t.rates(now)
		}
	}
	fresh := t.fresh
	t.fresh = false
	work := func() error {
		if fresh {
			t.probe.forget()
		}
		for i, topic := range list {
			if r, err := t.probe.read(topic, now); err == nil && r != nil {
				readings[i] = r
			}
		}
		return nil
	}
	t.away = t.loop.Try(work, func(error) { t.tell(list, readings) }) == nil
}

// tell sends readings to their rooms. A client that is not ready gets the newest of each topic when it is.
func (t *telemetry) tell(list []string, readings []any) {
	t.away = false
	for i, topic := range list {
		if readings[i] == nil {
			continue
		}
		text, err := json.Marshal(readings[i])
		if err != nil {
			slog.Error("a reading cannot be sent", "topic", topic, "err", err)
			continue
		}
		t.last[topic] = latest{text, t.loop.Now()}
		t.device.To(topic).Latest(topic).Emit(topic, json.RawMessage(text))
	}
}

func (t *telemetry) sockets() any {
	s, l := t.io.Stats(), t.loop.Stats()
	return socketsReading{Sockets: s.Sockets, Clients: s.Clients, Connections: l.Conns, Rooms: s.Rooms,
		Accepted: l.Accepted}
}

func (t *telemetry) rates(now int64) any {
	l, b := t.loop.Stats(), t.before
	c := counters{events: t.events, bytesIn: l.BytesIn, bytesOut: l.BytesOut, turns: l.Turns, at: now}
	t.before = c
	r := eventsReading{Total: t.events}
	if ms := now - b.at; b.at > 0 {
		r.Events, r.In = rate(c.events, b.events, ms), rate(c.bytesIn, b.bytesIn, ms)
		r.Out, r.Turns = rate(c.bytesOut, b.bytesOut, ms), rate(c.turns, b.turns, ms)
	}
	return r
}

// stop ends the readings.
func (t *telemetry) stop() { t.loop.Disarm(&t.Timer) }
