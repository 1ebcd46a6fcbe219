package v06

import "time"

// transport is a transport's name as a small number.
type transport uint8

const (
	websocket transport = iota
	flashsocket
	htmlfile
	xhrMultipart
	xhrPolling
	jsonpPolling
	transports // their number
)

var transportNames = [transports]string{
	"websocket", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling", "jsonp-polling",
}

// String is the transport's name on the wire.
func (t transport) String() string { return transportNames[t] }

func transportOf(name string) (transport, bool) {
	for t, n := range transportNames {
		if n == name {
			return transport(t), true
		}
	}
	return 0, false
}

// polls tells whether each answer ends its request, so that messages wait for the
// next one.
func (t transport) polls() bool { return t >= xhrPolling }

// sockets tells whether the connection leaves HTTP.
func (t transport) sockets() bool { return t <= flashsocket }

// defaults are the transport's times where the options say nothing.
func (t transport) defaults() TransportOptions {
	if t.polls() {
		return TransportOptions{CloseTimeout: 8 * time.Second, Duration: 20 * time.Second}
	}
	return TransportOptions{Timeout: 8 * time.Second, HeartbeatInterval: 10 * time.Second}
}
