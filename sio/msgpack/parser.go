package msgpack

import (
	"hash/maphash"

	"github.com/edgesio/edgesio/sio"
)

// Options bound what a message may hold.
type Options struct {
	// MaxElements is the number of values in one packet, map keys not counted. Default 65536.
	MaxElements int
}

// Parser is socket.io-msgpack-parser; see sio.Parser.
type Parser struct {
	elements int
	in       decoder
	out      encoder
}

// New makes a parser for the servers of one loop.
func New(o Options) *Parser {
	if o.MaxElements <= 0 {
		o.MaxElements = 1 << 16
	}
	p := &Parser{elements: o.MaxElements}
	p.in.seed = maphash.MakeSeed()
	return p
}

// What a parser keeps of its scratch memory.
const (
	keepKeys = 1 << 10
	keepText = 16 << 10
)

// ParsePacket reads a binary message. It is kept until the packet is handled.
func (p *Parser) ParsePacket(message []byte, binary bool, out *sio.WirePacket) error {
	if !binary {
		return ErrText
	}
	d := &p.in
	d.b, d.out, d.mute, d.left, d.depth, d.keys = message, out, false, p.elements, 0, d.keys[:0]
	err := d.packet()
	d.b, d.out = nil, nil
	if cap(d.keys) > keepKeys {
		d.keys = nil
	}
	return err
}

// AppendPacket appends the message for a packet to dst, which is kept by the caller.
func (p *Parser) AppendPacket(dst []byte, in *sio.WirePacket) ([]byte, bool, error) {
	e := &p.out
	e.p, e.dst, e.pos, e.mark, e.next, e.sizes, e.failed = in, dst, 0, 0, 0, e.sizes[:0], false
	e.packet()
	dst, e.p, e.dst = e.dst, nil, nil
	if cap(e.sizes) > keepKeys {
		e.sizes = nil
	}
	if cap(e.text) > keepText {
		e.text = nil
	}
	if e.failed {
		return dst, true, ErrJSON
	}
	return dst, true, nil
}
