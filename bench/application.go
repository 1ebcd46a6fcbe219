//go:build linux

package main

import "github.com/edgesio/edgesio/sio"

// socketIO is the application of the bench. Each peer in bench/peers has the
// same events:
//
//	echo, binary       answers with its argument
//	chat               to everybody
//	join               joins a room and answers
//	room               to everybody in a room
//	telemetry          likewise, but for those who can take it now
func (s *server) socketIO() error {
	io, err := sio.New(s.app, sio.Options{PingInterval: s.ping,
		HandshakeRate: -1, HandshakesPerAddress: -1, EventRate: -1, ByteRate: -1}) // what is measured has no end
	if err != nil {
		return err
	}
	io.On("echo", echoArg)
	io.On("binary", echoArg)
	io.On("chat", func(e *sio.Event) { io.Emit("chat", e.Arg(0)) })
	io.On("join", func(e *sio.Event) {
		if e.Socket().Join(e.String(0)) == nil {
			e.Ack()
		}
	})
	io.On("room", func(e *sio.Event) { io.To(e.String(0)).Emit("room", e.Arg(1)) })
	io.On("telemetry", func(e *sio.Event) { io.To(e.String(0)).Volatile().Emit("telemetry", e.Arg(1)) })
	return nil
}

func echoArg(e *sio.Event) { e.Ack(e.Arg(0)) }
