package poll

// Relief: who holds most of the budget goes first.

// lighten ends those that hold most, one after the other, until no more than goal
// bytes are used or nobody is left who holds much.
func (b *Budget) lighten(goal int) {
	if b.Used() <= goal || b.inside {
		return
	}
	b.recount()
	b.endMost(func() bool { return b.Used() <= goal }, max(b.limit/512, leastMuch))
}

// leastMuch is what a peer that reads may hold between two turns, however small the
// budget is.
const leastMuch = 16 << 10

// over tells whether output has passed the limit. It is asked for connections that
// wait for their peer, and costs some additions.
func (b *Budget) over() bool { return b.Used() > b.limit }

// look is made once a second while somebody does not read.
func (b *Budget) look() {
	if b.shared != 0 {
		b.recount()
	}
	if b.over() {
		b.relieve()
	}
}

// worst is how many connections one look finds.
const worst = 16

// relieve ends those that hold most, until the rest fits and a sixteenth of the
// output that waited is gone: a look at all is worth its time then, and the next is
// not due at once.
func (b *Budget) relieve() {
	if b.inside || b.shared != 0 && b.looked == b.loop.stats.Turns && b.Used()-b.limit <= b.slack() {
		return // it was looked at just now: what is shared may be all that is new
	}
	b.recount()
	if !b.over() {
		return
	}
	b.shed(b.Used() - b.limit + b.slack())
	before := b.Used()
	enough := (b.loop.stats.OutBytes - b.shared) / 16
	b.endMost(func() bool {
		freed := before - b.Used()
		return !b.over() && (freed == 0 || freed >= enough)
	}, 1)
}

// endMost ends those that hold most and at least that much, until done.
func (b *Budget) endMost(done func() bool, least int) {
	b.inside = true
	defer func() { b.inside = false }()
	var conns [worst]*Conn
	for n := 0; !done(); n = b.prune(&conns, n) {
		if n == 0 {
			n = b.find(&conns)
		}
		if !b.endWorst(conns[:min(n, 1)], least) {
			return
		}
	}
}

// endWorst ends the one of first, the connection that holds most, and the layers'
// sessions that holds more, if it holds at least that much.
func (b *Budget) endWorst(first []*Conn, least int) bool {
	held, end := 0, func() {}
	if len(first) > 0 {
		held = first[0].Buffered()
	}
	rival := false
	for _, worst := range b.rivals {
		if h, e := worst(); h > held {
			held, end, rival = h, e, true
		}
	}
	if held < least {
		return false
	}
	b.stats.Ended++
	if rival {
		end()
		b.tell(Shortage{Err: ErrMemory, Bytes: held})
		return true
	}
	first[0].cut(ErrMemory)
	if b.shared != 0 {
		b.recount()
	}
	return true
}

// prune drops the first of n connections if it was ended.
func (b *Budget) prune(list *[worst]*Conn, n int) int {
	if n > 0 && list[0].state == closed {
		return copy(list[:], list[1:n])
	}
	return n
}

// find fills list with the connections that hold most, the worst first.
func (b *Budget) find(list *[worst]*Conn) (n int) {
	for _, c := range b.loop.conns {
		if c == nil || c.state == closed || c.Buffered() == 0 {
			continue
		}
		if n < worst {
			n++
		} else if list[n-1].Buffered() >= c.Buffered() {
			continue
		}
		i := n - 1
		for ; i > 0 && list[i-1].Buffered() < c.Buffered(); i-- {
			list[i] = list[i-1]
		}
		list[i] = c
	}
	return n
}

// cut aborts a connection for what it holds, and tells.
func (c *Conn) cut(err error) {
	held := c.Buffered()
	c.Abort(err)
	c.loop.budget.tell(Shortage{Err: err, From: c.RemoteAddr(), Bytes: held})
}

// early writes what has become much, and looks at the memory of all when the peer
// does not read.
func (c *Conn) early() {
	if c.flags&isBlocked == 0 {
		c.flush(false)
	} else if b := &c.loop.budget; b.over() {
		b.relieve()
	}
}
