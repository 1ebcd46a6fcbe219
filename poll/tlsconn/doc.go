// Package tlsconn is TLS for connections of the loop, by crypto/tls. A [Server]
// gives each connection of a listener its layer; handlers above see plaintext and
// need not know:
//
//	secure, err := tlsconn.New(loop, tlsconn.Options{Certificates: []poll.Cert{{Cert: "cert.pem", Key: "key.pem"}}})
//	ln, err := loop.Listen(poll.ListenOptions{Address: ":443", Accept: accept, Layer: secure.Layer})
//
// What holds:
//
//   - TLS 1.2 and 1.3, with forward secrecy and authenticated encryption only; ALPN
//     is "http/1.1"; there is no renegotiation. Clients resume with tickets, whose
//     keys rotate once a day.
//   - The handshake, tens of millions of instructions on a small board, runs on a
//     goroutine that shuttles bytes to and from the loop, and ends with it. It
//     begins when the client's first record is whole. [Options] MaxHandshakes
//     bounds the goroutines, MaxComputing those that compute at a time; others wait
//     in the order of their first records, unread, and HandshakeTimeout counts from
//     the accept. While any wait, a peer that lets its goroutine wait for 2 s loses it.
//   - After it, the connection lives on the loop's goroutine: what one read brought
//     is opened and handed on in one call; what a turn wrote is sealed when it is
//     flushed, small writes together, in records of up to 16 KiB.
//   - Limits count what waits, sealed or not. Pause, Close, Abort and the rest of
//     [poll.Conn] mean what they mean without TLS: Close sends close_notify and then
//     FIN; the peer's close_notify is its EOF. A FIN without one is [ErrTruncated],
//     told after the data that came before.
//   - A request in plain HTTP is answered with a 400 that says so.
//   - Certificates are chosen by server name; [Server.AddCert] and [Server.Reload]
//     change them for the handshakes that follow. Connections stay, and a pair that
//     cannot be loaded leaves the last good one in place.
//
// Read next: layer.go, then handshake.go.
package tlsconn
