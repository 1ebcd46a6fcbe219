package sio

import "unicode/utf8"

// The header of a Socket.IO packet, protocols 4 and 5 (socket.io-protocol, "Packet encoding"):
//
//	<type>[<attachments>-][/<namespace>,][<ack id>][<payload>]
//
// This file splits the header from the payload; json.go checks the payload and finds its placeholders; decoder.go joins
// a binary packet with its attachments. Nothing here allocates: a packet is a set of views into the message.

// packetType is the first digit of a packet.
type packetType uint8

// The packet types of protocol 5. Protocol 4 has the same numbers; its type 4 is called ERROR.
const (
	typeConnect packetType = iota
	typeDisconnect
	typeEvent
	typeAck
	typeConnectError
	typeBinaryEvent
	typeBinaryAck
)

// String gives the name that the protocol document uses.
func (t packetType) String() string {
	names := [...]string{"CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR", "BINARY_EVENT", "BINARY_ACK"}
	if int(t) < len(names) {
		return names[t]
	}
	return "UNKNOWN"
}

// binary tells whether attachments follow the packet.
func (t packetType) binary() bool { return t == typeBinaryEvent || t == typeBinaryAck }

// event tells whether the payload is an array that begins with an event name.
func (t packetType) event() bool { return t == typeEvent || t == typeBinaryEvent }

// packet is one parsed packet header. Its slices are views into the message and live as long as it does.
type packet struct {
	kind        packetType
	hasID       bool
	attachments int
	id          uint64        // ack id, as JavaScript reads it: exact to 2^53, then rounded to what a float64 holds
	namespace   []byte        // with its leading slash; nil for the main namespace
	data        []byte        // the payload, not yet checked; empty when the packet has none
	marks       []placeholder // what a Parser found; else the scan finds them
}

// parseError is a reason to refuse a packet; the client that sent it is disconnected.
type parseError string

// Error gives the reason.
func (e parseError) Error() string { return "sio: " + string(e) }

// The reasons for which a packet is refused.
const (
	errPacketType      = parseError("unknown packet type")
	errAttachments     = parseError("illegal number of attachments")
	errTooManyAttached = parseError("too many attachments")
	errNamespace       = parseError("illegal namespace name")
	errAckID           = parseError("illegal ack id")
	errPayload         = parseError("invalid payload")
	errReserved        = parseError("reserved event name")
	errEventName       = parseError("illegal event name")
	errJSON            = parseError("payload is not JSON")
	errDepth           = parseError("payload is nested too deeply")
	errTooManyArgs     = parseError("too many arguments")
	errPlaceholder     = parseError("illegal attachments")
	errNoHeader        = parseError("got binary data when not reconstructing a packet")
	errTextInside      = parseError("got plaintext data when reconstructing a packet")
	errTooManyBytes    = parseError("attachments are too large")
)

// limits bound what one packet may declare.
type limits struct {
	attachments    int // declared attachments of one packet
	namespaceBytes int // bytes of a namespace, in protocol 4 with its query
	nameBytes      int // bytes of an event name
}

// maxAckDigits is the number of significant digits in the largest ack id, 2^53 = 9007199254740992.
const maxAckDigits = 16

// parse splits the header of an Engine.IO message (without the leading 4) from its payload. The views in the packet are
// valid as long as b is. The rules are those of socket.io-parser 4.2.6, made strict: no blanks where the
// reference reads them as the digit 0, at most 16 significant digits in an ack id.
func (p *packet) parse(b []byte, lim *limits) error {
	*p = packet{}
	if len(b) == 0 || b[0] < '0' || b[0] > '6' {
		return errPacketType
	}
	p.kind = packetType(b[0] - '0')
	b = b[1:]
	var err error
	if p.kind.binary() {
		if p.attachments, b, err = parseAttachments(b, lim.attachments); err != nil {
			return err
		}
	}
	if len(b) > 0 && b[0] == '/' {
		end, rest := len(b), len(b)
		for i, c := range b {
			if c == ',' {
				end, rest = i, i+1
				break
			}
			if c < ' ' { // it would end a packet in a payload of Engine.IO 4, and a line in a log
				return errNamespace
			}
		}
		if end > lim.namespaceBytes || !utf8.Valid(b[:end]) {
			return errNamespace
		}
		if end > 1 {
			p.namespace = b[:end:end]
		}
		b = b[rest:]
	}
	if len(b) > 0 && digit(b[0]) {
		p.hasID = true
		if p.id, b, err = parseAckID(b); err != nil {
			return err
		}
	}
	p.data = b
	return p.checkShape()
}

// parseAttachments reads "<digits>-" in front of a binary packet and returns the rest of the message.
func parseAttachments(b []byte, limit int) (int, []byte, error) {
	n, i := 0, 0
	for ; i < len(b) && digit(b[i]); i++ {
		if n = n*10 + int(b[i]-'0'); n > limit {
			return 0, nil, errTooManyAttached
		}
	}
	if n == 0 || i == len(b) || b[i] != '-' {
		return 0, nil, errAttachments
	}
	return n, b[i+1:], nil
}

// parseAckID reads the digits of an ack id. Leading zeros are dropped; above 2^53 the id is what a JavaScript number
// makes of it, so that the answer carries the number that the client computes with.
func parseAckID(b []byte) (uint64, []byte, error) {
	var n uint64
	i, significant := 0, 0
	for ; i < len(b) && digit(b[i]); i++ {
		if n = n*10 + uint64(b[i]-'0'); n != 0 {
			significant++
		}
		if significant > maxAckDigits {
			return 0, nil, errAckID
		}
	}
	if n > 1<<53 {
		n = uint64(float64(n))
	}
	return n, b[i:], nil
}

// checkShape applies the rules that need only the first byte of the payload: which packet types have one, and whether
// it is an object or an array.
func (p *packet) checkShape() error {
	first := byte(0)
	if len(p.data) > 0 {
		first = p.data[0]
	}
	ok := false
	switch p.kind {
	case typeConnect:
		ok = first == 0 && len(p.data) == 0 || first == '{'
	case typeDisconnect:
		ok = len(p.data) == 0
	case typeConnectError:
		ok = first == '{' || first == '"'
	default:
		ok = first == '['
	}
	if !ok {
		return errPayload
	}
	return nil
}

// digit tells whether c is an ASCII digit.
func digit(c byte) bool { return c >= '0' && c <= '9' }

// reservedEvent tells whether no peer may send an event of this name: they are the names of the library's own events.
func reservedEvent[T string | []byte](name T) bool {
	switch string(name) {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}
