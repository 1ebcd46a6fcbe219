package polltest

import (
	"fmt"
	"net/netip"
)

// Peer is the other end of a connection: what a client is to a server. Its
// methods never block and make no faults; what is written to a connection that
// has ended is lost.
type Peer struct {
	// OnData, if set, gets what the server wrote, from within Kernel.Wait: the
	// form for simulated clients. b is valid until it returns. OnEnd is called
	// once, after all data, when the server's FIN came, or RST of either side.
	OnData func(b []byte)
	OnEnd  func(reset bool)

	k       *Kernel
	sock    *socket
	from    netip.AddrPort
	queue   pipe // written, not yet in the server's receive buffer
	in      pipe // received, not read
	fin     bool // FIN follows queue
	stalled bool
	eof     bool // the server's FIN was received
	reset   bool // RST came, or was sent
	gone    bool // closed on this side: nothing is received any more
	ended   bool // OnEnd was called
}

// Dial connects to a listener: "127.0.0.1:80", "[::1]:80", ":80", or the path of
// a unix socket. Where nobody listens, or the queue is full, the peer that comes
// back was reset.
func (k *Kernel) Dial(addr string) *Peer {
	k.port++
	return k.DialFrom(netip.AddrPortFrom(loopback, k.port), addr)
}

// DialFrom is Dial from a chosen address.
func (k *Kernel) DialFrom(from netip.AddrPort, addr string) *Peer {
	p := &Peer{k: k, from: from}
	f := k.listener(addr)
	p.sock = &socket{k: k, peer: p}
	k.peers = append(k.peers, p)
	if f == nil || f.backlog > 0 && len(f.queue) >= f.backlog {
		p.sock.gone = true
		p.abort()
		return p
	}
	if f.at.IsValid() {
		p.sock.at = f.at
		if to, err := netip.ParseAddrPort(addr); err == nil {
			p.sock.at = to
		} else if f.at.Addr().IsUnspecified() {
			p.sock.at = netip.AddrPortFrom(loopback, f.at.Port())
		}
	} else {
		p.from = netip.AddrPort{}
	}
	f.queue = append(f.queue, p)
	return p
}

// Write sends b, which is copied. What the server's receive buffer does not take
// now follows when the server has read.
func (p *Peer) Write(b []byte) {
	switch {
	case p.reset || p.gone:
	case p.fin:
		p.k.fail("peer %v writes after its FIN", p.from)
	case p.sock.gone:
		p.abort()
	default:
		p.queue.push(b)
		p.send()
	}
}

// WriteString is Write.
func (p *Peer) WriteString(s string) { p.Write([]byte(s)) }

// Printf is Write of formatted text.
func (p *Peer) Printf(format string, args ...any) { p.Write(fmt.Appendf(nil, format, args...)) }

// send moves what fits into the server's receive buffer.
func (p *Peer) send() {
	s := p.sock
	if n := min(p.queue.len(), p.k.ReceiveBytes-s.in.len()); n > 0 {
		p.queue.drop(s.in.push(p.queue.bytes()[:n]))
	}
	if p.fin && p.queue.len() == 0 {
		s.eof = true
	}
}

// Unsent is what waits for the server to read.
func (p *Peer) Unsent() int { return p.queue.len() + p.sock.in.len() }

// Read takes all that the server wrote, unless the peer is stalled: then only
// what it had received before. The bytes are valid until the loop turns.
func (p *Peer) Read() []byte {
	p.receive()
	b := p.in.bytes()
	p.in.clear()
	return b
}

// Take is a slow reader's read: at most n bytes, stalled or not.
func (p *Peer) Take(n int) []byte {
	if more := min(n-p.in.len(), p.sock.out.len()); more > 0 && !p.gone {
		p.in.push(p.sock.out.bytes()[:more])
		p.sock.out.drop(more)
	}
	b := p.in.bytes()[:min(n, p.in.len())]
	p.in.drop(len(b))
	return b
}

// receive moves what the server wrote to this side.
func (p *Peer) receive() {
	s := p.sock
	if p.stalled || p.gone {
		return
	}
	if s.out.len() > 0 {
		p.in.push(s.out.bytes())
		s.out.clear()
	}
	p.eof = p.eof || s.shut && !p.reset
}

// Stall stops receiving: the server's writes meet a bounded buffer. Resume goes
// on.
func (p *Peer) Stall() { p.stalled = true }

// Resume is the opposite of Stall.
func (p *Peer) Resume() { p.stalled = false }

// CloseWrite sends FIN behind what was written; receiving goes on.
func (p *Peer) CloseWrite() {
	if !p.reset {
		p.fin = true
		p.send()
	}
}

// Close sends FIN behind what was written and receives no more: a server that
// writes after that is answered with RST, and so is data that had arrived here
// and was not read.
func (p *Peer) Close() {
	if p.gone || p.reset {
		return
	}
	if p.in.len() > 0 || p.sock.out.len() > 0 {
		p.Reset()
		return
	}
	p.CloseWrite()
	p.gone = true
}

// Reset sends RST: what the server wrote and what it did not get yet is lost;
// what it has received can still be read.
func (p *Peer) Reset() {
	if p.reset {
		return
	}
	p.sock.reset = true
	p.gone = true
	p.abort()
}

// abort is the end by RST, from either side.
func (p *Peer) abort() {
	p.reset = true
	p.queue.clear()
	p.sock.out.clear()
}

// EOF is true when the server's FIN was received, and with it all it wrote.
func (p *Peer) EOF() bool {
	p.receive()
	return p.eof
}

// WasReset is true when the connection ended by RST, of either side, or was not
// established.
func (p *Peer) WasReset() bool { return p.reset }

// Ended is EOF or WasReset.
func (p *Peer) Ended() bool { return p.EOF() || p.reset }

// Addr is the peer's own address, the server's Conn.RemoteAddr.
func (p *Peer) Addr() netip.AddrPort { return p.from }

// deliver hands peers what the server wrote since the last wait.
func (k *Kernel) deliver() {
	n := len(k.peers) // those that callbacks dial come next time
	for _, p := range k.peers[:n] {
		p.receive()
		if p.OnData != nil && p.in.len() > 0 && !p.gone {
			b := p.in.bytes()
			p.in.clear()
			p.OnData(b)
		}
		if (p.eof || p.reset) && !p.ended {
			p.ended = true
			if p.OnEnd != nil {
				p.OnEnd(p.reset)
			}
		}
	}
	keep := k.peers[:0]
	for _, p := range k.peers {
		if !(p.ended || p.gone) || p.sock.out.len() > 0 {
			keep = append(keep, p)
		}
	}
	clear(k.peers[len(keep):])
	k.peers = keep
}
