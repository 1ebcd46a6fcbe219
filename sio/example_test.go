package sio_test

import (
	"context"
	"log"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

func Example() {
	loop, err := poll.New(poll.Options{})
	if err != nil {
		log.Fatal(err)
	}
	app, err := webapp.Create(loop, "chat", webapp.Addr{Port: 8000})
	if err != nil {
		log.Fatal(err)
	}
	io, err := sio.New(app, sio.Options{})
	if err != nil {
		log.Fatal(err)
	}
	io.OnConnection(func(s *sio.Socket) {
		s.Broadcast().Emit("hi", "I'm coming, my name: client_"+s.ID()+".")
		s.On("req", func(e *sio.Event) { e.Ack("hello world") })
		s.On("chat", func(e *sio.Event) { io.Emit("chat", "client_"+s.ID()+" says: "+e.String(0)) })
		s.OnDisconnect(func(reason sio.Reason) { log.Println(s.ID(), "disconnected:", reason) })
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
	log.Fatal(loop.Run(context.Background()))
}

// One handler for all sockets of a namespace costs a socket nothing. Arguments are read with getters that do not fail,
// and checked once.
func ExampleNamespace_On() {
	var io *sio.Server
	panel := io.Of("/panel")
	panel.Use(func(s *sio.Socket, next func(error)) {
		var auth struct{ Token string }
		if s.Handshake().BindAuth(&auth) != nil || auth.Token != "secret" {
			next(sio.Error{Message: "not authorized", Data: map[string]any{"code": 401}})
			return
		}
		next(nil)
	})
	panel.On("switch", func(e *sio.Event) {
		lamp, on := e.String(0), e.Bool(1)
		if err := e.Err(); err != nil {
			e.Ack(err.Error())
			return
		}
		if err := e.Socket().Join("lamp:" + lamp); err != nil {
			e.Ack(err.Error())
			return
		}
		panel.To("lamp:"+lamp).Emit("state", lamp, on)
		e.Ack(nil)
	})
}

// An answer is asked for by a function as the last argument.
func ExampleSocket_Timeout() {
	var s *sio.Socket
	s.Emit("state", []byte{1, 2, 3}, func(err error, answer *sio.Event) {
		if err == nil {
			log.Println("the client says", answer.String(0))
		}
	})
}
