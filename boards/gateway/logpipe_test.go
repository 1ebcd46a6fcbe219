package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// gate is a reader of the log that takes nothing until it is opened.
type gate struct {
	open chan struct{}
	got  strings.Builder
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.open
	return g.got.Write(b)
}

// Nobody reads: writing goes on, what does not fit is counted, and what was kept comes in order.
func TestLogPipe(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	l := newLogPipe(g, nil)
	const n = 10 * maxLogLines
	line := []byte{}
	for i := range n {
		line = fmt.Appendf(line[:0], "line %d\n", i) // the buffer is the caller's
		if k, err := l.Write(line); k != len(line) || err != nil {
			t.Fatal(k, err)
		}
	}
	close(g.open)
	l.flush()
	lines := strings.Split(strings.TrimSuffix(g.got.String(), "\n"), "\n")
	kept, lost, last := 0, 0, -1
	for _, line := range lines {
		if _, count, ok := strings.Cut(line, "lines="); ok {
			k, _ := strconv.Atoi(count)
			lost += k
			continue
		}
		var at int
		if _, err := fmt.Sscanf(line, "line %d", &at); err != nil || at <= last {
			t.Fatalf("%q behind line %d", line, last)
		}
		kept, last = kept+1, at
	}
	if kept < maxLogLines || kept > maxLogLines+1 {
		t.Errorf("%d lines were kept", kept)
	}
	if lost == 0 || lost+kept != n {
		t.Errorf("%d lines are lost and %d kept, of %d", lost, kept, n)
	}
}

// At the end of the program a log that nobody reads holds it up for no longer than flushTime.
func TestLogPipeFlushGivesUp(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	l := newLogPipe(g, nil)
	_, _ = l.Write([]byte("a line\n"))
	l.flush()
	close(g.open)
}

// Lines that were lost are told of at the program's end, too, with none behind them.
func TestLogPipeTellsAtTheEnd(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	l := newLogPipe(g, nil)
	l.lost.Add(7)
	l.flush()
	if !strings.Contains(g.got.String(), "lines=7") {
		t.Errorf("%q", g.got.String())
	}
}
