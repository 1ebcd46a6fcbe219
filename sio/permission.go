package sio

import "github.com/edgesio/edgesio/eos"

// The permission matrix: each counterpart of one of the 40 rows of the platform's socket.io module asks the guard of
// the app (webapp.Server.Guard) first. A denied call has no effect and is counted there; its *eos.PermissionError is
// what a method with an error result returns, and an AckFunc or callback gets; of all others Server.OnError is told,
// and they return:
//
//	server.sockets             Namespace.Sockets, FetchSockets       nil
//	server.serveClient         Server.ServeClient                    false
//	server.path                Server.Path                           ""
//	server.origins             New with Origins or OriginFunc        the error
//	server.attach              Server.Attach, Listen                 the error
//	server.bind                Server.Bind                           -
//	server.onconnection        Server.Accept                         -
//	server.of                  Server.Of, OfFunc, OfRegexp           a namespace that nobody can join
//	server.close               Server.Close                          -, done is not called
//	server.engine.generateId   eio.Server.GenerateID                 -
//	namespace.name             Namespace.Name                        ""
//	namespace.connected        Namespace.Connected                   nil
//	namespace.to               Namespace.To, Except                  a broadcast to nobody
//	namespace.in               Namespace.In                          a broadcast to nobody
//	namespace.emit             Namespace.Emit and its kin, and those of what begins there   Dropped
//	namespace.clients          Namespace.Clients, AllSockets         the callback gets the error; nil
//	namespace.use              Namespace.Use                         -
//	socket.id                  Socket.ID                             ""
//	socket.rooms               Socket.Rooms                          nil
//	socket.client              Socket.Client                         nil
//	socket.conn                Socket.Conn                           nil
//	socket.request             Socket.Request                        an empty one
//	socket.handshake           Socket.Handshake                      an empty one
//	socket.remoteAddress       Socket.RemoteAddress                  ""
//	socket.use                 Socket.Use                            -
//	socket.send                Socket.Send, Write (and socket.emit)  Dropped
//	socket.emit                Socket.Emit and its kin, and those of what begins there   Dropped; the AckFunc: the error
//	socket.on                  Socket.On, OnAny ..., Namespace.On    the zero Listener
//	socket.once                Socket.Once, Namespace.Once           the zero Listener
//	socket.removeListener      Socket.RemoveListener, Off, OffAny    -
//	socket.removeAllListeners  Socket.RemoveAllListeners             -
//	socket.eventNames          Socket.EventNames                     nil
//	socket.join                Socket.Join, JoinFunc                 the error
//	socket.leave               Socket.Leave, LeaveAll, LeaveFunc     -; LeaveFunc's callback gets the error
//	socket.to                  Socket.To, Except                     a broadcast to nobody
//	socket.in                  Socket.In                             a broadcast to nobody
//	socket.compress            Socket.Compress, Sender.Compress      compression as before
//	socket.disconnect          Socket.Disconnect                     -
//	client.conn                Client.Conn                           nil
//	client.request             Client.Request                        an empty one

// may tells whether the program may call an API, and reports it when it may not.
func (srv *Server) may(s *Socket, api eos.API) bool {
	err := srv.permits.Check(api)
	if err != nil {
		srv.report(s, err)
	}
	return err == nil
}

// may is Server.may for calls on a socket, a client and a namespace.
func (s *Socket) may(api eos.API) bool { return s.client.server.may(s, api) }

func (c *Client) may(api eos.API) bool { return c.server.may(nil, api) }

func (ns *Namespace) may(api eos.API) bool { return ns.server.may(nil, api) }

// denied ends an emit that the program may not do.
func (srv *Server) denied(s *Socket, fn AckFunc, err error) Status {
	if fn != nil {
		srv.fail(s, fn, err)
	} else {
		srv.report(s, err)
	}
	return Dropped
}

// detached is a namespace that nobody can join and that no client knows.
func (srv *Server) detached() *Namespace {
	ns := &Namespace{server: srv, match: func(string, Handshake) bool { return false }}
	ns.adapter = NewMemoryAdapter(ns)
	return ns
}
