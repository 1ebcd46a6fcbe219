// Package blackbox has tests only: bad input against the gateway's binary, over
// real sockets, natively and on emulated boards. Every line of the list of bad
// input (groups H, U, W, E, S, M, J and R) has its rows; a row is what a peer
// sends and the verdict that it must get.
//
//	make blackbox            # this machine
//	make blackbox-emulated   # ARM and big-endian MIPS, without group R
//
// Bytes are written and read by the suite's own code (wire_test.go,
// frames_test.go, session_test.go): nothing of the server's parsers is in it.
// Beside the rows two bystanders exchange acks all the time (bystander_test.go);
// after each row they must still do so, the process must be the same, and after
// each group everything that the process holds must be back where it was
// (baseline_test.go).
//
// Two programs are tried: the gateway as users have it, and for what the gateway
// does not use (msgpack, deflate, recovery, handlers that misbehave) or what
// takes half a minute by default the gateway built with -tags hazard, whose
// deadlines are a tenth. A row says which in the table VERDICTS.md, which the
// tests compare with what happened; -args -update writes it.
package blackbox
