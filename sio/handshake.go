package sio

import (
	"encoding/json"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
)

// Handshake is what is known of how a socket came: the request that opened its session (headers, query, address, time;
// see eio.Handshake) and what the client sent along to join the namespace.
type Handshake struct {
	*eio.Handshake
	auth string
	eos  *eos.Info
}

// Handshake returns the socket's handshake. It costs nothing until it is asked something.
func (s *Socket) Handshake() Handshake {
	if !s.may(eos.SocketHandshake) {
		return Handshake{Handshake: new(eio.Handshake)}
	}
	return handshakeOf(s.client.conn, s.auth)
}

func handshakeOf(conn *eio.Session, auth string) Handshake {
	return Handshake{conn.Handshake(), auth, conn.EOS()}
}

// EOS is the platform's information about the user, nil for nobody; see eio.Session.EOS.
func (h Handshake) EOS() *eos.Info { return h.eos }

// Auth is the JSON object that the client sent with its CONNECT packet, {} if there was none. For clients of protocol 4
// it is the query of the namespace ("/chat?token=abc"). The result is a copy.
func (h Handshake) Auth() json.RawMessage {
	if h.auth == "" {
		return json.RawMessage("{}")
	}
	return json.RawMessage(h.auth)
}

// BindAuth decodes Auth into v with encoding/json.
func (h Handshake) BindAuth(v any) error { return json.Unmarshal(h.Auth(), v) }
