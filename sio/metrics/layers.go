package metrics

import (
	"math"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/sio"
)

// What each layer counts. A figure is one line here and one in the layer.

func (c *Collector) tellLoop(t *Text) {
	s := c.loop.Stats()
	t.Gauge("edgesio_connections", "Open TCP connections.", s.Conns)
	t.Counter("edgesio_connections_accepted_total", "Connections that were accepted.", s.Accepted)
	t.Counter("edgesio_connections_refused_total", "Connections that were closed at once, over a limit.", s.Refused)
	t.Counter("edgesio_read_bytes_total", "Bytes that were read from connections.", s.BytesIn)
	t.Counter("edgesio_written_bytes_total", "Bytes that were written to connections.", s.BytesOut)
	t.Gauge("edgesio_output_bytes", "Output of all connections that is not written yet.", s.OutBytes)
	t.Gauge("edgesio_timers", "Timers that are armed.", s.Timers)
	t.Counter("edgesio_loop_turns_total", "Turns of the event loop.", s.Turns)
	t.Histogram("edgesio_loop_lag_seconds", "How late the loop came to what was ready.", c.loop.Lag())
	t.Counter("edgesio_slow_turns_total", "Turns that took longer than Options.SlowTurn.", s.SlowTurns)
	t.Counter("edgesio_offloaded_total", "Pieces of work that were done off the loop.", s.Offloaded)
	t.Counter("edgesio_offload_refused_total", "Pieces of work that found the offload queue full.", s.Denied)
	b := c.loop.Budget()
	t.Gauge("edgesio_memory_used_bytes", "What peers make the loop hold, of its budget.", b.Used())
	t.Family("edgesio_memory_limit_bytes", "gauge", "The budget of the loop; without one +Inf.")
	if n := b.Limit(); n == math.MaxInt {
		t.Float(math.Inf(1))
	} else {
		t.Int(uint64(n))
	}
}

// classes name the slots of webapp.Stats.Responses.
var classes = [...]string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"}

func (c *Collector) tellHTTP(t *Text) {
	panics := c.io.Stats().Panics
	if c.web == nil {
		t.Family("edgesio_handler_panics_total", "counter", panicHelp)
		t.Int(c.loop.Stats().Panics, "layer", "poll")
		t.Int(panics, "layer", "sio")
		return
	}
	s := c.web.Stats()
	t.Gauge("edgesio_http_connections", "Connections that speak HTTP, those that switched not counted.", s.Conns)
	t.Family("edgesio_http_requests_total", "counter", "HTTP requests by the class of their status; 1xx are switches.")
	s.Responses[1] += s.Switched
	for i, class := range classes {
		t.Int(s.Responses[i], "code", class)
	}
	t.Gauge("edgesio_http_upload_bytes", "Held of request bodies that are not complete.", s.UploadBytes)
	t.Family("edgesio_handler_panics_total", "counter", panicHelp)
	t.Int(c.loop.Stats().Panics, "layer", "poll")
	t.Int(s.Panics, "layer", "webapp")
	t.Int(panics, "layer", "sio")
}

const panicHelp = "Panics in the program's handlers, by the layer that contained them."

func (c *Collector) tellEngine(t *Text) {
	s := c.io.Engine().Stats()
	t.Family("edgesio_sessions", "gauge", "Open Engine.IO sessions by transport and protocol revision.")
	polling, polling3 := s.Sessions-s.WebSockets, s.Sessions3-s.WebSockets3
	t.Int(uint64(polling3), "transport", "polling", "protocol", "3")
	t.Int(uint64(polling-polling3), "transport", "polling", "protocol", "4")
	t.Int(uint64(s.WebSockets3), "transport", "websocket", "protocol", "3")
	t.Int(uint64(s.WebSockets-s.WebSockets3), "transport", "websocket", "protocol", "4")
	t.Counter("edgesio_handshakes_total", "Engine.IO sessions that were opened.", s.Handshakes)
	t.Counter("edgesio_handshakes_refused_total", "Engine.IO requests that were refused.", s.Refused)
	t.Counter("edgesio_packets_received_total", "Engine.IO packets from clients.", s.PacketsIn)
	t.Counter("edgesio_packets_sent_total", "Engine.IO packets to clients.", s.PacketsOut)
}

func (c *Collector) tellServer(t *Text) {
	s := c.io.Stats()
	c.tellNamespaces(t)
	t.Gauge("edgesio_namespaces", "Namespaces, children of dynamic ones included.", s.Namespaces)
	t.Gauge("edgesio_rooms", "Rooms with members, those of the sockets' own ids not counted.", s.Rooms)
	t.Gauge("edgesio_acks_pending", "Acks that clients were asked for and that are not settled.", s.Acks)
	t.Counter("edgesio_broadcasts_total", "Broadcasts, one for each namespace.", s.Broadcasts)
	t.Counter("edgesio_dropped_total", "Packets that a connected client did not get: volatile, replaced, or no room.",
		s.Dropped)
	t.Family("edgesio_disconnects_total", "counter", "Sockets that were disconnected, by reason.")
	for i, n := range s.Disconnects {
		if i < len(eio.Reasons) {
			t.Int(n, "reason", string(eio.Reasons[i]))
		} else {
			t.Int(n, "reason", "other")
		}
	}
	t.Gauge("edgesio_assembly_bytes", "Held of binary packets whose attachments are not complete.", s.Bytes)
	t.Gauge("edgesio_recovery_sessions", "Lost sockets that may come back.", s.RecoverySessions)
	t.Gauge("edgesio_recovery_packets", "Packets that are kept for lost sockets.", s.RecoveryPackets)
	t.Gauge("edgesio_recovery_bytes", "About what these packets take.", s.RecoveryBytes)
	t.Family("edgesio_throttled_total", "counter", "What peers wanted beyond a rate, by the layer that said no.")
	if c.web != nil {
		t.Int(c.web.Stats().Throttled, "layer", "webapp")
	}
	t.Int(c.io.Engine().Stats().Throttled, "layer", "eio")
	t.Int(s.Throttled, "layer", "sio")
	t.Counter("edgesio_policy_denials_total", "What the policy did not let users do.", s.Denials)
}

// others is what namespaces beyond Options.MaxNamespaces are counted as; the name of a namespace begins with a slash.
const others = "(others)"

func (c *Collector) tellNamespaces(t *Text) {
	t.Family("edgesio_sockets", "gauge", "Connected sockets by namespace.")
	list := c.io.Namespaces()
	var rest []*sio.Namespace
	if n := c.options.MaxNamespaces; len(list) > n {
		list, rest = list[:n], list[n:]
	}
	for _, ns := range list {
		t.Int(uint64(ns.Len()), "namespace", ns.Name())
	}
	if rest != nil {
		n := 0
		for _, ns := range rest {
			n += ns.Len()
		}
		t.Int(uint64(n), "namespace", others)
	}
}
