package ws

// Shared is one frame for many connections: encoded once, compressed once for those that agreed on it, and shared
// instead of copied where it is large. The zero Shared is empty. One goroutine.
//
//	if s.Empty() {
//		s.Set(ws.AppendFrame(s.Buffer(), ws.OpText, text))
//	}
//	c.WriteShared(s.Frame(&deflater, terms))
type Shared struct {
	plain []byte
	dense []byte // the same, compressed; empty until somebody takes it
}

// reuseBytes is less than the size from which poll shares a slice instead of copying it.
const reuseBytes = 2 << 10

// Reset makes s empty. A buffer that connections may still hold is let go, smaller ones serve the next frame.
func (s *Shared) Reset() { s.plain, s.dense = reusable(s.plain), reusable(s.dense) }

func reusable(b []byte) []byte {
	if cap(b) > reuseBytes {
		return nil
	}
	return b[:0]
}

// Empty is true until Set.
func (s *Shared) Empty() bool { return len(s.plain) == 0 }

// Buffer is what the frame should be appended to.
func (s *Shared) Buffer() []byte { return s.plain }

// Set makes frame, which AppendFrame or AppendHeader began, the one that is shared. It is kept until the next Reset.
func (s *Shared) Set(frame []byte) { s.plain = frame }

// Frame is the frame for a connection with these terms; the zero Terms are for one that is never compressed. It is
// valid until the next Reset, and for a connection that got it with WriteShared as long as that needs it.
func (s *Shared) Frame(d *Deflater, terms Terms) []byte {
	if terms.Window == 0 { // of nearly all connections, and this much is inlined
		return s.plain
	}
	return s.deflated(d, terms)
}

func (s *Shared) deflated(d *Deflater, terms Terms) []byte {
	if !d.Takes(s.plain, terms) {
		return s.plain
	}
	if len(s.dense) == 0 {
		s.dense = d.Compress(append(s.dense, s.plain...), 0)
	}
	return s.dense
}
