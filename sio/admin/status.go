package admin

import (
	"encoding/json"
	"os"
	"slices"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/poll"
)

// statsEvery is how often server_stats is sent, the reference's.
const statsEvery = 2 * time.Second

// status makes server_stats; before is what the counts of aggregatedEvents compare with.
type status struct {
	host    string
	started int64 // ms of the loop's clock
	engine  eio.Stats
	loop    poll.Stats
}

// serverStats is the event's argument.
type serverStats struct {
	ServerID            string      `json:"serverId"`
	Hostname            string      `json:"hostname"`
	PID                 int         `json:"pid"`
	Uptime              float64     `json:"uptime"` // seconds
	ClientsCount        int         `json:"clientsCount"`
	PollingClientsCount int         `json:"pollingClientsCount"`
	AggregatedEvents    []happened  `json:"aggregatedEvents"`
	Namespaces          []namespace `json:"namespaces"`
}

// happened is how often something happened since the last time.
type happened struct {
	Timestamp int64  `json:"timestamp"` // ms, whole seconds
	Type      string `json:"type"`
	SubType   string `json:"subType,omitempty"`
	Count     uint64 `json:"count"`
}

type namespace struct {
	Name    string `json:"name"`
	Sockets int    `json:"socketsCount"`
}

// maxNamespaces are told by name: clients choose those of dynamic namespaces.
const maxNamespaces = 256

// begin is called when somebody begins to look.
func (x *status) begin(a *Admin) {
	x.engine, x.loop = a.io.Engine().Stats(), a.loop.Stats()
	a.loop.Arm(&a.beat, statsEvery, (*beat)(a))
}

// beat is an Admin as the receiver of its timer.
type beat Admin

// OnTimer tells everybody the state of the server.
func (b *beat) OnTimer(*poll.Timer) {
	a := (*Admin)(b)
	a.loop.Arm(&a.beat, statsEvery, b)
	text := json.RawMessage(a.status.describe(a, a.status.since(a)))
	for _, v := range slices.Clone(a.viewers) { // who is told may be disconnected by that
		v.socket.Volatile().Emit("server_stats", text)
	}
}

// since counts what happened since it was last called.
func (x *status) since(a *Admin) (list []happened) {
	now := a.loop.Time().Unix() * 1000
	add := func(kind, sub string, n uint64) {
		if n > 0 {
			list = append(list, happened{now, kind, sub, n})
		}
	}
	e, l := a.io.Engine().Stats(), a.loop.Stats()
	add("rawConnection", "", e.Handshakes-x.engine.Handshakes)
	for i, n := range e.EndedBy {
		reason := "other"
		if i < len(eio.Reasons) {
			reason = string(eio.Reasons[i])
		}
		add("rawDisconnection", reason, n-x.engine.EndedBy[i])
	}
	add("packetsIn", "", e.PacketsIn-x.engine.PacketsIn)
	add("bytesIn", "", l.BytesIn-x.loop.BytesIn)
	add("packetsOut", "", e.PacketsOut-x.engine.PacketsOut)
	add("bytesOut", "", l.BytesOut-x.loop.BytesOut)
	x.engine, x.loop = e, l
	return list
}

// describe is the state as JSON.
func (x *status) describe(a *Admin, events []happened) []byte {
	e := a.io.Engine().Stats()
	s := serverStats{ServerID: a.options.ServerID, Hostname: x.host, PID: os.Getpid(),
		Uptime: float64(a.loop.Now()-x.started) / 1000, ClientsCount: e.Sessions,
		PollingClientsCount: e.Sessions - e.WebSockets, AggregatedEvents: events, Namespaces: []namespace{}}
	if events == nil {
		s.AggregatedEvents = []happened{}
	}
	rest := namespace{Name: "(others)"}
	for i, ns := range a.io.Namespaces() {
		if i < maxNamespaces {
			s.Namespaces = append(s.Namespaces, namespace{ns.Name(), ns.Len()})
		} else {
			rest.Sockets += ns.Len()
		}
	}
	if rest.Sockets > 0 {
		s.Namespaces = append(s.Namespaces, rest)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return []byte("{}") // numbers and strings: it does not happen
	}
	return text
}
