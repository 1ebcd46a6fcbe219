package poll

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// PanicError is a panic of a callback that the loop caught. It ends what the
// callback was called for, and nothing else:
//
//	OnData, OnDrain, OnClose, Accept  the connection is aborted, with this as reason
//	a Layer                           the same
//	Add, Once                         the descriptor is not watched any more: its
//	                                  input would be reported, and panic, for ever
//	a timer, Post                     it has run
//	Go                                then is not called: its answer is half made
//	OnSlowTurn                        nothing
//
// The turn goes on behind it. Layers above the loop catch the panics of their own
// handlers, and tell of them in their way. What the Go runtime ends the process
// for, such as a concurrent map write or no memory, nobody catches.
type PanicError struct {
	Where string // as in the list above
	Label string // what Mark was told last in this turn, "" for nothing
	Value any
	Stack []byte
}

// Error names the place and the value, without the stack.
func (p *PanicError) Error() string {
	if p.Label != "" {
		return fmt.Sprintf("poll: panic in %s (%s): %v", p.Where, p.Label, p.Value)
	}
	return fmt.Sprintf("poll: panic in %s: %v", p.Where, p.Value)
}

// strict is a kernel that wants panics to go on, to whoever called Poll, unless
// Options.OnPanic is set: in tests and under a fuzzer none may be overlooked.
type strict interface{ Strict() }

// panicLog is the default for Options.OnPanic.
type panicLog struct {
	at     int64 // ms: of the last line
	wrote  bool
	silent int // panics since
}

// panicEvery is the least time between two lines, in ms: a log may be on flash.
const panicEvery = 5000

func (p *panicLog) write(now int64, err *PanicError) {
	if p.wrote && now-p.at < panicEvery {
		p.silent++
		return
	}
	slog.Error(err.Error(), "unreported", p.silent, "stack", string(err.Stack))
	p.at, p.wrote, p.silent = now, true, 0
}

// contain ends what the callback that panicked with v was called for, so that pass
// can go on.
func (l *Loop) contain(v any) {
	if v == nil { // Goexit
		return
	}
	err := l.panicked(l.where(), v)
	if c := l.active; c != nil {
		l.active = nil
		c.Abort(err)
	}
	if l.phase == serving {
		fd := int(l.reports[l.step-1].FD)
		if c := l.conn(fd); c != nil {
			c.Abort(err)
		} else if _, ok := l.others[fd].(*watch); ok {
			_ = l.remove(fd) // it is watched
		}
	}
	l.tellPanic(err)
}

// containCall is contain for a call beside the turn's own.
func (l *Loop) containCall(where string) {
	if v := recover(); v != nil {
		l.tellPanic(l.panicked(where, v))
	}
}

// panicked makes the report, or panics on where the kernel wants that.
func (l *Loop) panicked(where string, v any) *PanicError {
	if _, ok := l.kernel.(strict); ok && l.options.OnPanic == nil {
		panic(v)
	}
	l.stats.Panics++
	return &PanicError{where, l.marks.last(), v, debug.Stack()}
}

// where names the callback by how far the turn has got.
func (l *Loop) where() string {
	switch l.phase {
	case serving:
		switch l.others[int(l.reports[l.step-1].FD)].(type) {
		case *Listener:
			return "Accept"
		case *watch:
			return "Add"
		}
		if l.conn(int(l.reports[l.step-1].FD)) == nil {
			return "Once"
		}
		return "OnData"
	case posting:
		return "Post"
	case expiring:
		return "a timer"
	}
	if l.active != nil {
		return "OnDrain"
	}
	if l.told > 0 {
		return "OnClose"
	}
	return "Release"
}

// tellPanic reports a panic. One of the report itself is only logged.
func (l *Loop) tellPanic(err *PanicError) {
	if l.options.OnPanic == nil {
		l.panics.write(l.now, err)
		return
	}
	defer func() {
		if v := recover(); v != nil {
			l.panics.write(l.now, &PanicError{"OnPanic", "", v, debug.Stack()})
		}
	}()
	l.options.OnPanic(err)
}

// workPanicked is posted by Go and Try.
func (l *Loop) workPanicked(err *PanicError) {
	if _, ok := l.kernel.(strict); ok && l.options.OnPanic == nil {
		panic(err)
	}
	l.stats.Panics++
	l.tellPanic(err)
}
