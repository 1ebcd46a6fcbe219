//go:build linux

// The bench program measures Socket.IO servers on the machine that it runs on,
// and compares ours with others and with the least that is possible. It is one
// static binary:
//
//	CGO_ENABLED=0 go build -trimpath -o bin/bench ./bench
//	bin/bench run                  # our server: table, JSON and plots in .artifacts/bench
//	bin/bench run -references      # with raw TCP and WebSocket echoes beside it
//	bin/bench run -only 'echo-.*' -for 5s -rounds 5
//	bin/bench self                 # what the load generator itself can do
//	bin/bench peers                # ours, references and peers; writes bench/RESULTS.md
//
// A server and its load are two processes, bound to two cores where there are
// two. They can be started by hand as well, in two shells:
//
//	bin/bench serve -port 3000 -core 0
//	bin/bench load -addr 127.0.0.1:3000 -pid PID -core 1 -kind echo -conns 100 -depth 16
//
// # What is measured
//
// Server CPU seconds (user and system, all threads) for a million messages say
// most, for they do not depend on who has to wait for whom. Rate and latency are
// those of a closed loop: so many messages are in flight per connection, and the
// next goes out when an answer comes. Messages of a broadcast are deliveries.
// System calls are those of our server's loop, one wait a turn; allocations are
// the runtime's count; lag is how late the loop runs a timer. RSS for a
// connection is the growth of the server's from the start on, and for an idle
// connection everything is included that the server keeps for it.
//
// A run in which other processes took more than 15 % of either core is discarded
// and repeated. The load's own part of its core stands in the table ("load %"):
// only where it is near 100 while the server's is not would the load be measured
// instead of the server.
//
// The load goes to addresses of 127.0.0.0/8 only, from 127.0.1.1 and up.
//
// # Peers
//
// bench/peers has a folder for each: a nested module or an npm project with the
// events of application.go. It listens on a free port of 127.0.0.1, prints
//
//	listening ADDRESS [stats ADDRESS]
//
// and may answer /stats with {"heapBytes":N,"allocs":N}. One more peer is one
// more folder and a row in system.go.
//
// # Files
//
// main, run, campaign, results: what runs when. scenario, system, goal: what
// there is. process: servers and loads as processes. serve, application,
// reference, stats: the server. load, loop, conn, target, epoll, frame, payload:
// the load. opener, echo, broadcast, storm, polling, idle, day: what it does.
// sample, counters, proc, histogram, figure: how it is measured. board, table,
// plot, report, progress: how it is shown.
package main
