package poll

import (
	"errors"
	"runtime/debug"
	"sync"
)

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

// job is work that tells an error or, with plain, one that does not: then is not
// called when it panics.
type job struct {
	plain, then func()
	work        func() error
	tell        func(error)
}

func (o *offload) init(l *Loop) {
	o.loop, o.limit, o.room = l, l.options.Workers, l.options.QueuedWork
}

// Go runs work on another goroutine and then calls then, which may be nil, on
// the loop. At most Options.Workers run and Options.QueuedWork wait; beyond that
// it returns ErrBusy and has done nothing. A panic of work is told to
// Options.OnPanic, and then is not called, since what work left is half made: use
// Try where somebody waits for the answer. Loop's goroutine only.
func (l *Loop) Go(work, then func()) error {
	return l.offload.take(job{plain: work, then: then})
}

// Try is Go for work that can fail: then is always called, with what work
// returned, or with the *PanicError of its panic, which Options.OnPanic is told
// too. Loop's goroutine only.
func (l *Loop) Try(work func() error, then func(error)) error {
	return l.offload.take(job{work: work, tell: then})
}

func (o *offload) take(j job) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return ErrClosed
	case o.running < o.limit:
		o.running++
		go o.run(j)
	case len(o.queue) < o.room:
		o.queue = append(o.queue, j)
	default:
		o.denied++
		return ErrBusy
	}
	return nil
}

// run works until nothing waits. Work may end its goroutine (runtime.Goexit):
// another one goes on then.
func (o *offload) run(j job) {
	more := true
	defer func() {
		if more {
			if j, more = o.next(); more {
				go o.run(j)
			}
		}
	}()
	for more {
		o.do(j)
		j, more = o.next()
	}
}

// do runs one job and posts what follows; a closed loop wants no answers.
func (o *offload) do(j job) {
	var failed error
	ended := errExited
	defer func() {
		v := recover()
		if v == nil && ended != nil {
			v = ended
		}
		if v != nil {
			err := &PanicError{Where: "Go", Value: v, Stack: debug.Stack()}
			failed, j.then = err, nil
			_ = o.loop.Post(func() { o.loop.workPanicked(err) })
		}
		switch {
		case j.then != nil:
			_ = o.loop.Post(j.then)
		case j.tell != nil:
			_ = o.loop.Post(func() { j.tell(failed) })
		}
	}()
	if j.plain != nil {
		j.plain()
	} else {
		failed = j.work()
	}
	ended = nil
}

var errExited = errors.New("work ended its goroutine")

// next takes what waits longest.
func (o *offload) next() (j job, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done++
	if len(o.queue) == 0 {
		o.running--
		o.queue = nil
		return j, false
	}
	j = o.queue[0]
	o.queue[0] = job{}
	o.queue = o.queue[1:]
	return j, true
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
