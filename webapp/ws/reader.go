package ws

import (
	"encoding/binary"
	"sync"
	"unicode/utf8"
)

// RFC 6455, sections 5.4 and 6.2: fragmentation, and receiving data.

// Handler takes what a Reader finds. Payloads and reasons are valid until the callback returns. A callback may call
// Stop; it must not call Feed.
type Handler interface {
	// OnMessage takes a whole message: OpText, which is valid UTF-8, or OpBinary.
	OnMessage(op OpCode, payload []byte)
	// OnPing takes a ping, which is due an OpPong frame with the same payload.
	OnPing(payload []byte)
	// OnPong takes a pong, asked for or not.
	OnPong(payload []byte)
	// OnClose takes the close frame; it is the last call. StatusNoStatusRcvd stands for an empty one.
	OnClose(code StatusCode, reason []byte)
}

// Limits bound one message. A field that is 0 means the default.
type Limits struct {
	MessageBytes int // payload, in sum over its fragments, compressed and inflated; at most 512 MB
	Fragments    int // frames
	// Inflater is what the Readers with these limits share for compressed messages. Without it there are none.
	Inflater *Inflater
	// Budget is asked before a Reader keeps bytes of a message that is not complete. Without it there is no bound
	// for all Readers together.
	Budget Budget
}

// Budget is memory that many share, as poll.Budget is.
type Budget interface {
	// Fits tells whether n bytes could be taken now: a message is refused by its declared length.
	Fits(n int) bool
	// Take is false where n bytes may not be held; Give gives them back.
	Take(n int) bool
	Give(n int)
}

// The default limits: the message size of Socket.IO's reference server, in fragments of about 1 kB.
const (
	DefaultMessageBytes = 1_000_000
	DefaultFragments    = 1024
)

// ceilingBytes bounds MessageBytes so that no sum over spill sizes wraps where an int has 32 bits.
const ceilingBytes = 512 << 20

// phase says which bytes come next.
type phase uint8

const (
	inHeader  phase = iota // a header, or the rest of one; then inPayload or stopped
	inPayload              // left payload bytes; then inHeader or stopped
	stopped                // nothing: a close frame, an error or Stop came; final
)

func (p phase) String() string { return [...]string{"header", "payload", "stopped"}[p] }

// Reader takes apart the stream of one connection: frames, control frames between fragments, messages. However the
// stream is cut into pieces, the handler sees the same calls. The zero Reader is a server's, with the default limits.
//
// A frame that is whole in the piece is unmasked where it lies and handed on as a view; only what a piece cuts, and
// fragments, are kept until the message is complete. An idle Reader holds no memory beside itself, which is small:
// servers have one for each connection.
type Reader struct {
	limits *Limits
	cut    *cut      // nil between messages
	left   int32     // payload bytes of the frame still to come, at most ceilingBytes
	key    uint32    // masking key for the next byte of the payload
	text   textState // of the message; complete between messages
	state  State     // for the rules
	phase  phase
	op     OpCode // of the frame
	kind   OpCode // of the message
	fin    bool   // of the frame
}

// cut is what a Reader keeps of a header or a message that is not complete.
//
//	spill[:message]  payload so far of an unfinished message
//	spill[message:]  payload so far of an unfinished control frame, which may stand inside a message
//
// 0 <= message <= len(spill) <= cap(spill) <= max(spillBytes, twice the payload bytes that came in for it).
type cut struct {
	spill     []byte
	message   int               // mark in the spill
	fragments int               // whole frames of the message so far
	have      uint8             // bytes in head
	head      [headerBytes]byte // of a header
}

// spillBytes is the least capacity of a spill, unless less is left to come.
const spillBytes = 64

// NewReader returns a Reader for a Server or a Client. The limits are kept as long as the Reader is and may be shared
// by many; nil means the defaults. With Deflate messages may be compressed, if the limits have an Inflater.
func NewReader(limits *Limits, side State) Reader {
	if limits == nil || limits.Inflater == nil {
		side &^= Deflate
	}
	return Reader{limits: limits, state: side & (Client | Deflate)}
}

// Feed takes the next piece of the stream and calls the handler for each message and control frame that it completes.
// The data is unmasked in place, so its content is spoilt; what must outlive the call is copied.
//
// An error is always an Error, whose Code the close frame should carry. After an error, OnClose or Stop the Reader
// ignores its input: Feed returns nil and calls nothing.
func (r *Reader) Feed(data []byte, h Handler) error {
	for {
		var err error
		switch r.phase {
		case inHeader:
			if len(data) == 0 {
				return nil
			}
			var ok bool
			if data, ok, err = r.readShort(data, h); !ok {
				data, err = r.readHeader(data)
			}
		case inPayload:
			if len(data) == 0 && r.left > 0 {
				return nil
			}
			data, err = r.readPayload(data, h)
		case stopped:
			return nil
		}
		if err != nil {
			r.Stop()
			return err
		}
	}
}

// Stop ends the reading: whatever else comes in is ignored. It drops what the Reader holds.
func (r *Reader) Stop() {
	r.setPhase(stopped)
	r.forget()
	r.state &^= Fragmented | compressed
}

// Unfinished reports whether the stream stands inside a header, a frame or a message. A peer should not leave it there
// for long.
func (r *Reader) Unfinished() bool {
	return r.cut != nil || r.phase == inPayload || r.state&Fragmented != 0
}

func (r *Reader) setPhase(p phase) { r.phase = p }

// readShort is the short way of most messages: one frame of less than 126 bytes, all of which is at hand. It takes the
// message off data and hands it on, or leaves data as it is with ok false.
func (r *Reader) readShort(data []byte, h Handler) (rest []byte, ok bool, err error) {
	const head = 2 + 4
	if r.cut != nil || r.state&(Client|Fragmented) != 0 || len(data) < head {
		return data, false, nil
	}
	op, n := OpCode(data[0]&^finBit), int(data[1]&^maskBit)
	if data[0]&finBit == 0 || op != OpText && op != OpBinary || data[1]&maskBit == 0 ||
		n >= length16 || n > len(data)-head || n > r.maxMessage() {
		return data, false, nil
	}
	payload, rest := data[head:head+n:head+n], data[head+n:]
	_, ascii := applyMask(payload, binary.LittleEndian.Uint32(data[2:]))
	if op == OpText && !ascii && !utf8.Valid(payload) {
		return rest, true, ErrText
	}
	h.OnMessage(op, payload)
	return rest, true, nil
}

// cuts are for reuse by all Readers, so that a header that was cut allocates nothing.
var cuts = sync.Pool{New: func() any { return new(cut) }}

// keeping returns the Reader's cut, which it takes when it has none.
func (r *Reader) keeping() *cut {
	if r.cut == nil {
		r.cut = cuts.Get().(*cut)
	}
	return r.cut
}

// forget gives the cut back. Who has a view of its spill may go on with that.
func (r *Reader) forget() {
	if c := r.cut; c != nil {
		r.give(cap(c.spill))
		r.cut, *c = nil, cut{}
		cuts.Put(c)
	}
}

// give gives memory back to the budget.
func (r *Reader) give(n int) {
	if b := r.budget(); b != nil && n > 0 {
		b.Give(n)
	}
}

func (r *Reader) budget() Budget {
	if r.limits == nil {
		return nil
	}
	return r.limits.Budget
}

// readHeader takes a header off data, or what there is of one.
func (r *Reader) readHeader(data []byte) (rest []byte, err error) {
	if r.cut == nil || r.cut.have == 0 {
		h, n, err := ParseHeader(data)
		if err == nil {
			return data[n:], r.beginFrame(h, len(data)-n)
		}
		if err != ErrShort {
			return nil, err
		}
	}
	c := r.keeping()
	old := int(c.have)
	c.have += uint8(copy(c.head[old:], data))
	h, n, err := ParseHeader(c.head[:c.have])
	if err == ErrShort {
		return nil, nil
	}
	c.have = 0
	if err != nil {
		return nil, err
	}
	return data[n-old:], r.beginFrame(h, len(data)-(n-old))
}

// beginFrame judges a header before any of its payload is looked at, of which so many bytes are at hand.
func (r *Reader) beginFrame(h Header, atHand int) error {
	if err := CheckHeader(h, r.state); err != nil {
		return err
	}
	if h.OpCode.IsData() {
		if err := r.beginFragment(h); err != nil {
			return err
		}
		if b := r.budget(); b != nil && h.Length > int64(atHand) && !b.Fits(int(h.Length)) { // at most ceilingBytes
			return ErrNoMemory
		}
	}
	r.op, r.fin = h.OpCode, h.Fin
	r.key = binary.LittleEndian.Uint32(h.Mask[:])
	r.left = int32(h.Length) // at most MessageBytes, which ceilingBytes bounds, or 125
	r.setPhase(inPayload)
	return nil
}

func (r *Reader) beginFragment(h Header) error {
	if h.OpCode != OpContinuation {
		r.kind = h.OpCode
		if h.Rsv != 0 { // the rules let only RSV1 pass
			r.state |= compressed
		}
	}
	message, fragments := 0, 0
	if c := r.cut; c != nil {
		message, fragments = c.message, c.fragments
	}
	if h.Length > int64(r.maxMessage()-message) {
		return ErrMessageTooBig
	}
	if fragments >= r.maxFragments() {
		return ErrTooManyFragments
	}
	return nil
}

// readPayload takes the payload of the frame off data, or what there is of it.
func (r *Reader) readPayload(data []byte, h Handler) (rest []byte, err error) {
	n := min(int(r.left), len(data))
	piece, rest := data[:n:n], data[n:]
	var ascii bool
	r.key, ascii = applyMask(piece, r.key)
	if r.op.IsControl() {
		return rest, r.readControl(piece, h)
	}
	return rest, r.readFragment(piece, ascii, h)
}

func (r *Reader) readFragment(piece []byte, ascii bool, h Handler) error {
	ascii = ascii && r.text.complete()
	if r.kind == OpText && r.state&compressed == 0 && !ascii && !r.text.write(piece) {
		return ErrText
	}
	payload := piece
	if whole := len(piece) == int(r.left) && r.fin && (r.cut == nil || r.cut.message == 0); !whole {
		c := r.keep(piece)
		if c == nil {
			return ErrNoMemory
		}
		c.message = len(c.spill)
		payload = c.spill
	}
	if r.left -= int32(len(piece)); r.left > 0 {
		return nil
	}
	r.setPhase(inHeader)
	if !r.fin {
		r.state |= Fragmented
		r.cut.fragments++
		return nil
	}
	if r.kind == OpText && !r.text.complete() {
		return ErrText
	}
	r.forget()
	if r.state&compressed != 0 {
		r.state &^= Fragmented | compressed
		return r.limits.Inflater.deliver(r.kind, payload, r.maxMessage(), h)
	}
	r.state &^= Fragmented
	h.OnMessage(r.kind, payload)
	return nil
}

func (r *Reader) readControl(piece []byte, h Handler) error {
	payload := piece
	c := r.cut
	if whole := len(piece) == int(r.left) && (c == nil || c.message == len(c.spill)); !whole {
		if c = r.keep(piece); c == nil {
			return ErrNoMemory
		}
		payload = c.spill[c.message:]
	}
	if r.left -= int32(len(piece)); r.left > 0 {
		return nil
	}
	r.setPhase(inHeader)
	switch {
	case r.state&Fragmented == 0:
		r.forget()
	case c.message == 0:
		r.give(cap(c.spill))
		c.spill = nil
	default:
		c.spill = c.spill[:c.message]
	}
	switch r.op {
	case OpPing:
		h.OnPing(payload)
	case OpPong:
		h.OnPong(payload)
	case OpClose:
		code, reason, err := ParseClose(payload)
		if err != nil {
			return err
		}
		r.Stop()
		h.OnClose(code, reason)
	}
	return nil
}

// keep appends a piece of the payload to the spill. The spill grows with the bytes that came in, never with the length
// that a header declares: to twice what it must hold, but not beyond what is still to come. It returns nil when the
// budget has no room for that.
func (r *Reader) keep(piece []byte) *cut {
	c := r.keeping()
	if need := len(c.spill) + len(piece); need > cap(c.spill) {
		size := min(max(2*need, spillBytes), r.maxMessage()+maxControlBytes)
		if r.fin && r.op.IsData() {
			size = min(size, len(c.spill)+int(r.left))
		}
		if b := r.budget(); b != nil && !b.Take(size-cap(c.spill)) {
			return nil
		}
		spill := make([]byte, len(c.spill), size)
		copy(spill, c.spill)
		c.spill = spill
	}
	c.spill = append(c.spill, piece...)
	return c
}

func (r *Reader) maxMessage() int {
	if r.limits == nil || r.limits.MessageBytes <= 0 {
		return DefaultMessageBytes
	}
	return min(r.limits.MessageBytes, ceilingBytes)
}

func (r *Reader) maxFragments() int {
	if r.limits == nil || r.limits.Fragments <= 0 {
		return DefaultFragments
	}
	return r.limits.Fragments
}
