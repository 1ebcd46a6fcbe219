package sio

import "github.com/edgesio/edgesio/poll"

// Reconstruction of binary packets (socket.io-protocol, "Packet encoding": a header with placeholders, then as many
// binary messages as it declares). Engine.IO's own packets may come in between and never get here.

// decoder is the state machine of one client's input. It is one pointer: most clients never send a binary packet.
//
//	idle       -> idle (a text packet), collecting (the header of a binary packet)
//	collecting -> collecting (an attachment), idle (the last attachment)
//
// A binary message while idle, a text message while collecting, and a byte over the bounds are errors.
type decoder struct{ pending *assembly }

// decoderState is what the decoder waits for.
type decoderState uint8

const (
	decoderIdle decoderState = iota
	decoderCollecting
)

// String names the state.
func (s decoderState) String() string { return [...]string{"idle", "collecting"}[s] }

// state tells what the decoder waits for.
func (d *decoder) state() decoderState {
	if d.pending != nil {
		return decoderCollecting
	}
	return decoderIdle
}

// assembly is a binary packet that is not complete: the header's text, then its attachments but the last, which
// completes the packet and needs no copy.
type assembly struct {
	bytes []byte
	ends  []int // of the header and of each attachment in bytes
	want  int   // attachments declared
	atts  [][]byte
}

// assemblies is what a server keeps for the reconstructions of its clients: the sum of their bytes with its bound, and
// one spare assembly, so that binary events one after the other allocate nothing.
type assemblies struct {
	held  int
	limit int // bytes of all clients
	each  int // bytes of one client
	spare *assembly
	// budget is the loop's, of which held is a part.
	budget *poll.Budget
}

// keepAssembly is the size up to which a spare assembly keeps its buffer.
const keepAssembly = 16 << 10

// begin starts a reconstruction with the text of a binary packet's header, which is copied.
func (d *decoder) begin(pool *assemblies, text []byte, attachments int) error {
	if d.pending != nil {
		return errTextInside
	}
	a := pool.spare
	if pool.spare = nil; a == nil {
		a = new(assembly)
	}
	a.want = attachments
	d.pending = a
	return d.keep(pool, text)
}

// keep copies a part of the packet within the bounds; on an error the reconstruction is over.
func (d *decoder) keep(pool *assemblies, b []byte) error {
	a := d.pending
	if len(b) > pool.each-len(a.bytes) || len(b) > pool.limit-pool.held {
		d.drop(pool)
		return errTooManyBytes
	}
	if !pool.budget.Take(len(b)) {
		d.drop(pool)
		return poll.ErrMemory
	}
	pool.held += len(b)
	a.bytes = append(a.bytes, b...)
	a.ends = append(a.ends, len(a.bytes))
	return nil
}

// attachment takes one binary message. When it is the last, text and atts are the packet, valid as long as b is and
// until finish, which must follow.
func (d *decoder) attachment(pool *assemblies, b []byte) (text []byte, atts [][]byte, done bool, err error) {
	a := d.pending
	if a == nil {
		return nil, nil, false, errNoHeader
	}
	if len(a.ends) < a.want {
		return nil, nil, false, d.keep(pool, b)
	}
	if len(b) > pool.each-len(a.bytes) {
		d.drop(pool)
		return nil, nil, false, errTooManyBytes
	}
	for i := 1; i < len(a.ends); i++ {
		a.atts = append(a.atts, a.bytes[a.ends[i-1]:a.ends[i]])
	}
	a.atts = append(a.atts, b)
	return a.bytes[:a.ends[0]], a.atts, true, nil
}

// take ends the reconstruction and hands its memory to the caller, who gives it to recycle once the packet is handled.
func (d *decoder) take(pool *assemblies) *assembly {
	a := d.pending
	d.pending = nil
	pool.held -= len(a.bytes)
	pool.budget.Give(len(a.bytes))
	return a
}

// drop ends a reconstruction that was not completed.
func (d *decoder) drop(pool *assemblies) {
	if d.pending != nil {
		pool.recycle(d.take(pool))
	}
}

// recycle keeps a as the spare assembly, without a buffer that grew large.
func (pool *assemblies) recycle(a *assembly) {
	if cap(a.bytes) > keepAssembly {
		a.bytes = nil
	}
	clear(a.atts)
	a.bytes, a.ends, a.atts = a.bytes[:0], a.ends[:0], a.atts[:0]
	pool.spare = a
}
