package poll

import "sync"

// offload runs work that would stall the loop on a few goroutines. They live
// while there is work: an idle gateway has none.
type offload struct {
	loop    *Loop
	mu      sync.Mutex
	queue   []job
	running int
	limit   int
	room    int
	done    uint64
	denied  uint64
	closed  bool
}

type job struct{ work, then func() }

func (o *offload) init(l *Loop) {
	o.loop, o.limit, o.room = l, l.options.Workers, l.options.QueuedWork
}

// Go runs work on another goroutine and then calls then, which may be nil, on
// the loop. At most Options.Workers run and Options.QueuedWork wait; beyond that
// it returns ErrBusy and has done nothing. Loop's goroutine only.
func (l *Loop) Go(work, then func()) error {
	o := &l.offload
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return ErrClosed
	case o.running < o.limit:
		o.running++
		go o.run(job{work, then})
	case len(o.queue) < o.room:
		o.queue = append(o.queue, job{work, then})
	default:
		o.denied++
		return ErrBusy
	}
	return nil
}

func (o *offload) run(j job) {
	for {
		j.work()
		if j.then != nil {
			_ = o.loop.Post(j.then) // a closed loop wants no answers
		}
		o.mu.Lock()
		o.done++
		if len(o.queue) == 0 {
			o.running--
			o.queue = nil
			o.mu.Unlock()
			return
		}
		j = o.queue[0]
		o.queue[0] = job{}
		o.queue = o.queue[1:]
		o.mu.Unlock()
	}
}

func (o *offload) counts() (done, denied uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.done, o.denied
}

func (o *offload) close() {
	o.mu.Lock()
	o.closed, o.queue = true, nil
	o.mu.Unlock()
}

// busy tells whether work is under way.
func (o *offload) busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.running > 0
}
