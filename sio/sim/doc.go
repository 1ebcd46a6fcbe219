// Package sim is the simulation of the whole stack: the production loop, webapp,
// eio and sio on the kernel in memory of poll/polltest, with an app on it and
// simulated clients around it. It is for tests; nothing else imports it.
//
//	r := sim.Run(sim.Draw(seed))
//	// r.Err: the first violation; r.Hash: of everything that happened
//
// A seed is a run: how many clients, what each of them does next, how its
// network is, which calls of the kernel fail, how the server is configured. The
// same seed gives the same run, to the byte.
//
//	go test ./sio/sim                                     300 seeds
//	make sim SEEDS=10000                                  or SIM_SEEDS=10000 go test ...
//	go test ./sio/sim -run Simulation -sim.seed=17 -sim.trace
//
// The rooms:
//
//	draw.go     what a seed means
//	world.go    one run: its phases; check.go: what holds after each turn, and what must be zero at the end
//	app.go      the program on the server; say.go: its broadcasts and what it does unasked
//	model.go    the reference model: what has to arrive where, and which ends have a cause
//	client.go   a Socket.IO client; act.go: what it does by itself
//	engine.go   the Engine.IO client below; upgrade.go: from polling to WebSocket, and farewells
//	recover.go  clients that come back, and the log of what they miss
//	fate.go     ends at each step of the protocol
//	ration.go   rates drawn small: whom they hold back, and whether a refusal has a cause
//	farewell.go a server that drains
//	guest.go    plain HTTP and plain WebSockets on the same app
//	handover.go a second server takes over
//	villain.go  clients that mean no good
//	spy.go      between the loop and the kernel: nothing may wait when the loop sleeps
//	line.go     a connection with delays, stalls and slow reading
//	http.go, frame.go, deflate.go, payload.go, packet.go, shape.go  wire forms and the contents of messages
//
// The clients are written from the protocol documents and share no code with
// what they test: a mistake in a codec of ours cannot cancel out.
//
// What the model demands: per session and direction each packet arrives once, in
// order and unchanged, across namespaces and across the upgrade, attachments right
// behind their header; broadcasts reach whom they are for and nobody else; every
// socket is disconnected once, for a reason that had a cause, and no handler runs
// after that; every question is settled once on each side. A session that both
// sides still have when the traffic rests has got everything. When everybody is
// gone nothing is left: connections, timers, bytes, sessions, sockets, rooms,
// acks, descriptors. A client that comes back within the limits of recovery gets
// what was kept behind its offset, all of it, once and in order, and is never told
// that it is recovered when something of that is missing.
//
// RUNS.md tells which seeds were run, and what they found.
//
// Read next: world.go, then model.go.
package sim
