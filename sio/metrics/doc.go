// Package metrics tells a server's figures in the text format 0.0.4 of Prometheus, which VictoriaMetrics, Telegraf and
// a shell with grep read too. It needs no client library: the figures are plain integers that the layers count on the
// loop's goroutine (poll.Stats, webapp.Stats, eio.Stats, sio.Stats), and a scrape reads them.
//
//	c := metrics.New(io, app.Server(), metrics.Options{})
//	ops.Get("/metrics", c.Handle)
//
// ops may be the same app or, better, one of its own on the same loop with an address that only the operator reaches:
// the figures tell who uses the server and how much it bears.
//
// What a name means stands in the HELP line above it. Rates are the reader's: rate(edgesio_read_bytes_total[1m]). The
// number of lines does not grow with clients: namespaces are listed by name up to Options.MaxNamespaces, the others
// counted together as namespace="(others)".
//
// A scrape costs the loop some ten microseconds and no walk over sockets; the figures of the process (open descriptors,
// memory) are read from /proc by Loop.Go beside it, and left out where there is no /proc or the offload queue is full.
//
// Read next: metrics.go, layers.go for the names.
package metrics
