package poll

// Post runs fn on the loop, in the next turn. Any goroutine may call it, the
// loop's own too. Posted functions run in the order of their Posts. A closed
// loop returns ErrClosed and runs nothing.
func (l *Loop) Post(fn func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return ErrClosed
	}
	l.posted = append(l.posted, fn)
	l.rouse()
	return nil
}

// over tells whether the loop is closed. Any goroutine may call it.
func (l *Loop) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

func (l *Loop) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rouse()
}

// rouse ends the kernel's wait. mu is held: the descriptor behind Wake must not
// be closed, and its number given to somebody else, meanwhile.
func (l *Loop) rouse() {
	if !l.gone && l.waking.CompareAndSwap(false, true) {
		l.kernel.Wake()
	}
}

// takePosted takes what this turn runs.
func (l *Loop) takePosted() {
	l.waking.Store(false) // before the swap: a Post after it wakes again
	l.mu.Lock()
	l.running, l.posted = l.posted, l.running[:0]
	l.mu.Unlock()
}

func (l *Loop) runPosted() {
	for l.step < len(l.running) {
		fn := l.running[l.step]
		l.running[l.step] = nil
		l.step++
		fn()
	}
	if l.running = l.running[:0]; cap(l.running) > keepEntries {
		l.running = nil
	}
}

// keepEntries is the length from which a list is not kept for the next turn: one
// burst must not pin its memory.
const keepEntries = 1024
