package sim

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// node is one server: an app with Socket.IO on it. There is a second one when
// the first hands its clients over.
type node struct {
	web *webapp.App
	io  *sio.Server
}

// found makes a server at a port, which is not started yet.
func (w *World) found(port int) (err error) {
	w.at = webapp.Addr{Host: "127.0.0.1", Port: port}
	if w.web, err = webapp.CreateWith(w.loop, "sim", w.at, w.Web); err != nil {
		return err
	}
	if w.io, err = sio.New(w.web, w.Sio); err != nil {
		return err
	}
	w.nodes = append(w.nodes, node{w.web, w.io})
	w.app.register(w.io)
	return w.app.serve(w.web)
}

// handOver is what a program does that is replaced: everybody is disconnected,
// and comes back to a server that knows what they miss.
func (w *World) handOver() {
	if w.app.stopped {
		return
	}
	w.trace.note("world", "hands over", 0, nil)
	w.figures.Handovers++
	old := w.nodes[0]
	for _, s := range w.model.order {
		s.allow(sio.ServerShutdown)
	}
	w.handed = true
	old.io.Suspend()
	for _, nsp := range namespaces {
		if n := len(w.model.members[nsp]); n > 0 {
			w.fail("%d sockets are left in %s after Suspend", n, nsp)
		}
	}
	var state bytes.Buffer
	if _, err := old.io.ExportRecovery(&state, 0); err != nil {
		w.fail("ExportRecovery: %v", err)
		return
	}
	if err := w.found(w.at.Port + 1); err != nil {
		w.fail("the second server: %v", err)
		return
	}
	if err := w.io.ImportRecovery(&state); err != nil {
		w.fail("ImportRecovery: %v", err)
	}
	if err := w.start(); err != nil {
		w.fail("the second server: %v", err)
	}
	w.app.after(2*time.Second, func() {
		old.io.Close()
		old.web.Stop()
	})
}

// MarshalJSON is what is handed over of a socket's Data.
func (x *member) MarshalJSON() ([]byte, error) { return json.Marshal(x.id) }

// isData tells whether what a socket has as its Data is this member, as it was or
// as it was handed over.
func (x *member) isData(v any) bool { return v == any(x) || v == any(x.id) }

// sums are the counters of all servers.
type sums struct {
	sio    sio.Stats
	eio    eio.Stats
	conns  int
	panics uint64
}

func (w *World) sums() (t sums) {
	for _, n := range w.nodes {
		s, e, h := n.io.Stats(), n.io.Engine().Stats(), n.web.Server().Stats()
		t.sio.Clients += s.Clients
		t.sio.Sockets += s.Sockets
		t.sio.Rooms += s.Rooms
		t.sio.Acks += s.Acks
		t.sio.Bytes += s.Bytes
		t.eio.Sessions += e.Sessions
		t.eio.WebSockets += e.WebSockets
		t.eio.Handshakes += e.Handshakes
		t.eio.Throttled += e.Throttled
		t.conns += h.Conns
		t.panics += h.Panics
	}
	return t
}
