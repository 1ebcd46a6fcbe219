// Package rfc6455 is a conformance suite for our WebSocket servers: the 517 cases of the public RFC 6455 suite in its
// groups 1 to 7, 9, 10, 12 and 13, by its numbers, with a client of its own that shares no code with package ws.
//
//	client_test.go   frames as a client sends them, and the judge of those that a server sends
//	link_test.go     the servers, on real sockets and on the kernel in memory
//	framing_test.go  groups 1 to 5 and 10: sizes, pings, reserved bits, opcodes, fragments
//	text_test.go     group 6: UTF-8, and when it fails
//	closing_test.go  group 7: close frames
//	limits_test.go   group 9: up to 16 MB
//	deflate_test.go  groups 12 and 13: permessage-deflate
//	suite_test.go    runs them and compares the verdicts with cases.md
//
// A case has one outcome that passes: that which the public suite calls OK, never its NON-STRICT. Where that suite is
// merely INFORMATIONAL the outcome is our own decision, which the table shows. Every case runs against an echo server
// of package websocket over loopback sockets and in memory, there also cut at every octet, and groups 1 to 7, 9 and 10
// against the WebSocket transport of package eio, where a text message begins with the packet type "4".
//
// Bounds: servers take messages of 16 MB in 70,000 fragments, as the suite sends them. Group 9 is sent in full on
// sockets; in memory, where a chop is a turn of the loop, only cases of up to 1 MB are. Groups 12 and 13
// send 1000 messages in a case with -rfc6455.full, else as many as make 512 KiB, from 4 to 1000 (with -short an eighth
// of it, and nothing that is larger than 1 MiB).
//
// What 13.x asks for is agreed on as RFC 7692 has it: our server always answers server_no_context_takeover and
// client_no_context_takeover (sections 7.1.1.1 and 7.1.1.2 allow a server to do so unasked), and a
// server_max_window_bits of 8 to 15 (7.1.2.1) as the client wants it, which it keeps by sending longer messages as they
// are. It never limits the client's window.
//
//	go test ./webapp/websocket/rfc6455 -update        writes cases.md
//	go test ./webapp/websocket/rfc6455 -rfc6455.full  with all the messages of groups 12 and 13
package rfc6455
