//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// progress shows what is measured: one line that is written over on a terminal,
// a line per run elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	all      int
	current  int
	began    int64
	label    string
}

func newProgress(out *os.File, all int) *progress {
	_, err := unix.IoctlGetTermios(int(out.Fd()), unix.TCGETS)
	return &progress{out: out, terminal: err == nil, all: all}
}

func (p *progress) begin(sys system, sc scenario, round int) {
	p.current++
	p.began = nanotime()
	p.label = fmt.Sprintf("[%d/%d] %s %s, round %d", p.current, max(p.all, p.current), sc.name, sys.name, round)
	if p.terminal {
		fmt.Fprintf(p.out, "%s%s ...", p.erase(), p.label)
	}
}

func (p *progress) end(r result) {
	var says []string
	for _, name := range []string{figRate, figP99, figCPU, figPerConn, figWakeups, figStart} {
		if v, ok := r.Figures[name]; ok && r.Note == "" {
			m := metricOf(name)
			says = append(says, m.title+" "+m.text(v))
		}
	}
	if r.Note+r.Error != "" {
		says = []string{r.Note + r.Error}
	}
	line := fmt.Sprintf("%s: %s (%.1f s)", p.label, strings.Join(says, ", "), float64(nanotime()-p.began)/1e9)
	switch {
	case !p.terminal, r.Note+r.Error != "":
		fmt.Fprintf(p.out, "%s%s\n", p.erase(), line)
	default:
		fmt.Fprintf(p.out, "%s%s", p.erase(), line)
	}
	p.began = nanotime()
}

func (p *progress) erase() string {
	if p.terminal {
		return "\r\x1b[K"
	}
	return ""
}

func (p *progress) done() { fmt.Fprint(p.out, p.erase()) }
