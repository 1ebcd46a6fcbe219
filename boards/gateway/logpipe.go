package main

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// logPipe stands between the loop and standard error. Who reads there may be slow, stopped or gone, and a write to a
// pipe that is full blocks: here the loop leaves its line and goes on, a goroutine writes, and what does not fit is
// dropped and counted. What cannot be written, to a full disk for instance, is gone.
type logPipe struct {
	out   io.Writer
	lines chan logged
	lost  atomic.Int64 // lines since the last one that was written
	tell  *slog.Logger // of lost lines, straight to out
}

// logged is a line, or who waits until all before it are written.
type logged struct {
	line []byte
	done chan<- struct{}
}

// Bounds of what waits to be written: lines of a few hundred bytes each.
const (
	maxLogLines = 256
	flushTime   = time.Second // for what is left at the program's end
)

// newLogPipe makes one whose goroutine writes to out until the program ends.
func newLogPipe(out io.Writer, o *slog.HandlerOptions) *logPipe {
	l := &logPipe{out: out, lines: make(chan logged, maxLogLines), tell: slog.New(slog.NewTextHandler(out, o))}
	go func() {
		for next := range l.lines {
			l.write(next)
		}
	}()
	return l
}

// Write queues one line, which is copied. It never blocks and never fails. Any goroutine.
func (l *logPipe) Write(line []byte) (int, error) {
	select {
	case l.lines <- logged{line: append([]byte(nil), line...)}:
	default:
		l.lost.Add(1)
	}
	return len(line), nil
}

func (l *logPipe) write(next logged) {
	if n := l.lost.Swap(0); n > 0 {
		l.tell.Warn("log lines are lost: nobody reads them in time", "lines", n)
	}
	if next.done != nil {
		close(next.done)
		return
	}
	_, _ = l.out.Write(next.line)
}

// flush waits until what is queued is written, for flushTime at most.
func (l *logPipe) flush() {
	late := time.After(flushTime)
	done := make(chan struct{})
	select {
	case l.lines <- logged{done: done}:
	case <-late:
		return
	}
	select {
	case <-done:
	case <-late:
	}
}
