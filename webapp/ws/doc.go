// Package ws is the WebSocket protocol (RFC 6455) on byte slices. It does no input or output, keeps no clock and starts
// nothing: bytes go in, messages and errors come out, and frames are appended to the caller's buffer.
//
//	mask.go       5.3      masking
//	frame.go      5.2      ParseHeader, AppendHeader, AppendFrame, AppendMaskedFrame
//	rules.go      5.1-5.5  CheckHeader: a header and a state give the rule that is broken, and its close code
//	utf8.go       8.1      text that arrives in pieces
//	close.go      5.5.1, 7 the body of a close frame, both directions
//	reader.go     5.4, 6.2 Reader: frames and messages from a stream that is cut anywhere
//	shared.go              one frame for many connections
//	handshake.go  4.2      CheckUpgrade, AppendSwitch
//	upgrade.go             the same for a request of package webapp; head.go, what to remember of it
//	extension.go  9        RFC 7692, 7.1: what is agreed on about compression
//	inflate.go             RFC 7692, 7.2.2: Inflater; huffman.go, the codes of RFC 1951
//	deflate.go             RFC 7692, 7.2.1: Deflater
//
// A server checks the request, answers and then feeds what it reads:
//
//	if refusal := ws.CheckUpgrade(&request); refusal != nil { ... } // an HTTP answer, not a switch
//	c.Commit(ws.AppendSwitch(c.Out(), request.Key, request.FirstProtocol(), nil))
//	if err := reader.Feed(data, handler); err != nil {
//		c.Commit(ws.AppendClose(c.Out(), err.(ws.Error).Code(), ""))
//	}
//
// Opcodes, status codes and the header have the names and values of github.com/gobwas/ws, which is the judge in the
// tests. They are not its types: that package brings net/http and a TLS client, 650 kB of a board's binary.
//
// The one extension is permessage-deflate (RFC 7692), always without context takeover in both directions: a message is
// compressed and inflated on its own, by one Deflater and one Inflater for all connections of a loop, and a connection
// keeps nothing of it. A server that wants it gives its Limits an Inflater, puts what NegotiateDeflate answers on the
// 101, makes its Reader for their Side, and calls Compress on the frames that a Deflater takes.
//
// Read next: webapp/request.go for Switch, which takes a connection out of HTTP, or eio/websocket.go, which feeds a
// Reader.
package ws
