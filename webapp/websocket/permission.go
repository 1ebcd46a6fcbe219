package websocket

import "github.com/edgesio/edgesio/eos"

// The permission matrix: the counterparts of the platform's websocket rows ask the
// guard of the app (webapp.App.Guard) first. A denied call has no effect and is
// counted there; OnError is told of it, but for NewServer's, and it returns:
//
//	WsServer.createServer  NewServer; later requests          the error; 500
//	channel.path           Channel.Path, URL                  ""
//	channel.headers        Channel.Headers, Header            none
//	channel.eos            Channel.EOS                        nil
//	channel.send           Channel.Send ..., Server.Broadcast Dropped
//	channel.close          Channel.Close, Abort               -

// may tells whether the program may call an API, and reports it when it may not.
func (ch *Channel) may(api eos.API) bool {
	err := ch.server.permits.Check(api)
	if err != nil {
		ch.server.report(err, "")
	}
	return err == nil
}

// report tells the program of an error.
func (s *Server) report(err error, detail string) {
	if s.options.OnError != nil {
		s.options.OnError(err)
	} else {
		s.app.Log().Error("websocket handler", err.Error(), detail)
	}
}
