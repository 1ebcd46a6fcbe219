package sio

// The wire form of packets. The default is socket.io-parser's text with attachments, which packet.go, decoder.go
// and encoder.go speak without an interface in between; Options.Parser puts another one in their place.

// Parser is a wire form in which each packet is one message. A server with a Parser speaks nothing else, and its
// clients must be made with the same: package sio/msgpack is socket.io-msgpack-parser. Loop's goroutine only; one
// Parser may serve several servers of a loop.
type Parser interface {
	// AppendPacket appends the message for p to dst and tells whether it is a binary one. p is valid until the call
	// returns.
	AppendPacket(dst []byte, p *WirePacket) (message []byte, binary bool, err error)
	// ParsePacket reads a message into p, which is empty but for room in Payload. The message is valid until the packet
	// is handled, so p may refer to it. What the packet says is checked by the caller, the payload's JSON too; memory is
	// for ParsePacket to bound: it must refuse a message whose payload would be many times its size. An error
	// disconnects the client.
	ParsePacket(message []byte, binary bool, p *WirePacket) error
}

// The types of packets, WirePacket.Type.
const (
	PacketConnect = iota
	PacketDisconnect
	PacketEvent
	PacketAck
	PacketConnectError
)

// WirePacket is a packet between the server and a Parser.
type WirePacket struct {
	Type      int    // PacketConnect and its kin; attachments are no matter of the type
	Namespace []byte // with its leading slash, "/" for the main one
	ID        uint64 // ack id, when HasID
	HasID     bool
	// Payload is JSON, empty when the packet has none: an array for events and acks. Where an attachment belongs a
	// placeholder stands, which is not to be known by its text, since clients may send the same text as data.
	Payload []byte

	atts  [][]byte
	marks []placeholder
}

// Attach appends an attachment to Payload, where a value belongs. b is kept until the packet is handled.
func (p *WirePacket) Attach(b []byte) {
	from := uint32(len(p.Payload))
	p.Payload = append(p.Payload, `{"_placeholder":true}`...)
	p.marks = append(p.marks, placeholder{from, uint32(len(p.Payload)), int32(len(p.atts))})
	p.atts = append(p.atts, b)
}

// Attachment returns attachment i in the order of Payload and where its placeholder stands: Payload[start:end]; ok is
// false behind the last.
func (p *WirePacket) Attachment(i int) (b []byte, start, end int, ok bool) {
	if i >= len(p.marks) {
		return nil, 0, 0, false
	}
	m := p.marks[i]
	return p.atts[m.num], int(m.start), int(m.end), true
}

// What a server keeps of the buffers for its Parser.
const (
	keepWire  = 64 << 10
	keepMarks = 256
)

// reset empties p and keeps its memory.
func (p *WirePacket) reset() {
	clear(p.atts)
	*p = WirePacket{Payload: p.Payload[:0], atts: p.atts[:0], marks: p.marks[:0]}
	if cap(p.Payload) > keepWire {
		p.Payload = nil
	}
	if cap(p.marks) > keepMarks {
		p.atts, p.marks = nil, nil
	}
}

// packet checks what a Parser read and makes it a packet as the default parser gives it.
func (p *WirePacket) packet(lim limits) (packet, error) {
	out := packet{hasID: p.HasID, id: p.ID, data: p.Payload, marks: p.marks}
	if p.Type < PacketConnect || p.Type > PacketConnectError {
		return out, errPacketType
	}
	out.kind = packetType(p.Type)
	if len(p.Namespace) == 0 || p.Namespace[0] != '/' {
		return out, errNamespace
	}
	for _, c := range p.Namespace {
		if c < ' ' || c == ',' {
			return out, errNamespace
		}
	}
	if len(p.Namespace) > lim.namespaceBytes {
		return out, errNamespace
	}
	if len(p.Namespace) > 1 {
		out.namespace = p.Namespace
	}
	return out, out.checkShape()
}

// translate is the Parser's side of a server: its buffers.
type translate struct {
	parser Parser
	in     WirePacket
	out    WirePacket
	buf    []byte
}

// seal ends the packet that an encoder holds: its first message, whether that is binary, and the attachments that
// follow. All are valid until the next packet is sealed or the encoder is reset. An error is in enc.err.
func (srv *Server) seal(enc *encoder, kind packetType, wire string, id uint64, hasID bool) ([]byte, bool, [][]byte) {
	t := srv.translate
	if t == nil {
		return enc.end(kind, wire, id, hasID), false, enc.atts
	}
	p := &t.out
	p.Type, p.ID, p.HasID = int(kind), id, hasID
	if p.Namespace = append(p.Namespace[:0], wire...); len(wire) > 0 {
		p.Namespace = p.Namespace[:len(wire)-1]
	} else {
		p.Namespace = append(p.Namespace, '/')
	}
	p.Payload, p.atts, p.marks = enc.buf[enc.room:], enc.atts, enc.marks
	for i := range p.marks {
		p.marks[i].start -= uint32(enc.room)
		p.marks[i].end -= uint32(enc.room)
	}
	message, binary, err := t.append(p)
	p.Payload, p.atts, p.marks = nil, nil, nil
	if t.buf = message; cap(t.buf) > keepWire {
		t.buf = nil
	}
	if err != nil {
		enc.fail(err)
		return nil, false, nil
	}
	return message, binary, nil
}

// parse reads a message with the Parser and brings the packet to its socket.
func (c *Client) parse(t *translate, message []byte, binary bool) error {
	t.in.reset()
	if err := t.parser.ParsePacket(message, binary, &t.in); err != nil {
		return err
	}
	p, err := t.in.packet(c.server.limits)
	if err != nil {
		return err
	}
	err = c.onPacket(&p, t.in.atts)
	t.in.reset()
	return err
}
