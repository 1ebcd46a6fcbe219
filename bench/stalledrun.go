//go:build linux

package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"time"
)

// stalledCommand is bench stalled: what peers cost that do not read, and whether
// they delay the others.
type stalledCommand struct {
	clients, readers, rounds int
	period                   time.Duration
	most                     float64 // ratio of p99
	core, serverCore         int
}

func stalledMain(args []string) error {
	c := stalledCommand{}
	f := flag.NewFlagSet("stalled", flag.ContinueOnError)
	f.IntVar(&c.clients, "clients", 100, "clients that read")
	f.IntVar(&c.readers, "stalled", 200, "clients that do not")
	f.IntVar(&c.rounds, "rounds", 11, "rounds, each with and without them")
	f.DurationVar(&c.period, "for", time.Second, "time of one half of a round")
	f.Float64Var(&c.most, "most", 2, "fail if the median ratio of p99 is above; 0 for never")
	f.IntVar(&c.core, "core", -1, "core of the load")
	f.IntVar(&c.serverCore, "server-core", -1, "core of the server")
	if err := f.Parse(args); err != nil {
		return err
	}
	runtime.LockOSThread()
	pinSelf(c.core)
	descriptors()
	debug.SetGCPercent(400)
	for _, buffers := range []int{boardBuffers, 0} {
		m, err := c.memory(buffers)
		if err != nil {
			return err
		}
		fmt.Println(m)
		if err := m.check(); err != nil {
			return err
		}
	}
	return c.delay()
}

// boardBuffers are the socket buffers that the gateway sets.
const boardBuffers = 16 << 10

// The memory part: so many readers that stall, each with a cap of output.
const (
	capBytes     = 1 << 20
	capReaders   = 8
	capClients   = 4
	capMessage   = 1000
	capBurst     = 8 // messages a millisecond
	fillPatience = 30 * time.Second
)

// server launches ours, with its cap and buffers.
func (c *stalledCommand) server(limit, buffers int) (*process, error) {
	sys := oursOnly()
	sys.flags = []string{"-cap", strconv.Itoa(limit), "-buffers", strconv.Itoa(buffers)}
	return launch(sys, c.serverCore)
}

func (c *stalledCommand) load(p *process, size int) (*loop, *stalled, error) {
	s := settings{target: target{addr: p.addr, speech: speechSIO, version: 4, path: "/socket.io/"}, atOnce: 32}
	s.size = size
	l, err := newLoop(s.target, 8)
	if err != nil {
		return nil, nil, err
	}
	w := newStalled(l, s)
	l.work = w
	return l, w, nil
}

// stalledMemory is what one reader costs that stalls, in bytes.
type stalledMemory struct {
	buffers           int
	queued            float64 // unwritten output of the server
	heap, kernel      float64
	after, afterQueue float64 // heap of all, and output, when they are gone
}

// String is the line of the report.
func (m stalledMemory) String() string {
	buffers := "default buffers"
	if m.buffers > 0 {
		buffers = fmt.Sprintf("%d kB buffers", m.buffers>>10)
	}
	return fmt.Sprintf("stalled reader, cap %d kB, %s: queued %.0f kB, heap %.0f kB, kernel %.0f kB; "+
		"all gone: heap +%.0f kB, queued %.0f kB", capBytes>>10, buffers, m.queued/1024, m.heap/1024, m.kernel/1024,
		m.after/1024, m.afterQueue/1024)
}

// check holds the figures against what is promised: a buffer of Go grows in steps
// of a quarter, and the kernel counts what it keeps beside the bytes, up to five
// times the buffer that was asked for.
func (m stalledMemory) check() error {
	switch {
	case m.queued < capBytes/2 || m.heap > 1.5*capBytes:
		return fmt.Errorf("a stalled reader costs %.0f bytes of heap, the cap is %d", m.heap, capBytes)
	case m.buffers > 0 && m.kernel > 5*float64(m.buffers):
		return fmt.Errorf("a stalled reader costs %.0f bytes of the kernel", m.kernel)
	case m.afterQueue != 0 || m.after > capReaders*capBytes/8:
		return errors.New("memory is left when they are gone")
	}
	return nil
}

// memory fills the queues of readers that stall, up to their cap.
func (c *stalledCommand) memory(buffers int) (m stalledMemory, err error) {
	p, err := c.server(capBytes, buffers)
	if err != nil {
		return m, err
	}
	defer p.end()
	l, w, err := c.load(p, capMessage)
	if err != nil {
		return m, err
	}
	defer l.closeAll()
	w.every, w.burst = time.Millisecond, capBurst
	if err = w.more(capClients+capReaders, false, fillPatience); err != nil {
		return m, err
	}
	m.buffers = buffers
	w.begun = true
	l.run(500 * time.Millisecond) // while they read, the kernel learns to keep much for them
	if l.errs > 0 {
		return m, fmt.Errorf("before anybody stalls: %w", l.err)
	}
	w.rest(fillPatience)
	before, err := fetchCounters(p.stats, "/stats?memory=on")
	w.deafen(capReaders)
	ended := 0.0
	for end := nanotime() + int64(fillPatience); err == nil && ended < capReaders; {
		var now counters
		l.run(10 * time.Millisecond)
		if now, err = fetchCounters(p.stats, "/stats"); err != nil || nanotime() > end {
			return m, errors.Join(err, fmt.Errorf("%.0f of %d readers were ended", ended, capReaders))
		}
		ended = now["overflowed"]
		if queued := now["outBytes"] / capReaders; queued > max(m.queued, capBytes/2) {
			if now, err = fetchCounters(p.stats, "/stats?memory=on"); err == nil {
				m.queued = now["outBytes"] / capReaders
				m.heap = (now["liveBytes"] - before["liveBytes"]) / capReaders
				m.kernel = (now["kernelBytes"] - before["kernelBytes"]) / capReaders
			}
		}
	}
	w.every = time.Hour
	after := counters{"outBytes": 1}
	for end := nanotime() + int64(fillPatience); err == nil && after["outBytes"] > 0 && nanotime() < end; {
		l.run(100 * time.Millisecond) // the others catch up
		after, err = fetchCounters(p.stats, "/stats?memory=on")
	}
	m.after, m.afterQueue = after["liveBytes"]-before["liveBytes"], after["outBytes"]
	return m, err
}

// stalledBytes is what waits for each reader that stalls before it is measured.
const stalledBytes = 16 << 10

// fill sends until the kernel's buffers of those who stall are full.
func (w *stalled) fill(p *process, readers int) error {
	w.every = chatEvery / 5
	defer func() { w.every = chatEvery }()
	for end := nanotime() + int64(fillPatience); nanotime() < end; {
		w.loop.run(100 * time.Millisecond)
		n, err := fetchCounters(p.stats, "/stats")
		if err != nil {
			return err
		}
		if n["outBytes"] > float64(readers*stalledBytes) {
			return nil
		}
	}
	return errors.New("their buffers do not get full")
}

// half is one half of a round: p99 in microseconds.
type half struct{ chat, echo float64 }

func (c *stalledCommand) half(w *stalled) half {
	w.rest(fillPatience)
	w.loop.run(c.period)
	return half{w.chat.quantile(.99), w.echo.quantile(.99)}
}

// delay compares the latencies of clients that read, with and without others that
// do not, in turns. The medians of all rounds count: on a busy machine a single one
// says little.
func (c *stalledCommand) delay() error {
	p, err := c.server(0, boardBuffers)
	if err != nil {
		return err
	}
	defer p.end()
	l, w, err := c.load(p, 250)
	if err != nil {
		return err
	}
	defer l.closeAll()
	if err = w.more(c.clients, false, fillPatience); err != nil {
		return err
	}
	var alone, beside []half
	for range c.rounds {
		alone = append(alone, c.half(w))
		if err = w.more(c.readers, true, fillPatience); err != nil {
			return err
		}
		if err = w.fill(p, c.readers); err != nil {
			return err
		}
		beside = append(beside, c.half(w))
		if w.ended > 0 || w.bad > 0 || len(w.healthy) != c.clients {
			return fmt.Errorf("%d readers were ended, %d bad answers, %d clients", w.ended, w.bad, len(w.healthy))
		}
		w.release()
		l.run(200 * time.Millisecond)
	}
	a, b := middle(alone), middle(beside)
	fmt.Printf("p99 of %d clients, median of %d rounds: broadcast %.0f us alone, %.0f us beside %d that stall "+
		"(%.2f times); echo %.0f us, %.0f us (%.2f times)\n", c.clients, c.rounds, a.chat, b.chat, c.readers,
		b.chat/a.chat, a.echo, b.echo, b.echo/a.echo)
	if c.most > 0 && max(b.chat/a.chat, b.echo/a.echo) > c.most {
		return fmt.Errorf("stalled readers delay the others: more than %.1f times", c.most)
	}
	return nil
}

// middle are the medians.
func middle(list []half) (m half) {
	slices.SortFunc(list, func(a, b half) int { return cmp.Compare(a.chat, b.chat) })
	m.chat = list[len(list)/2].chat
	slices.SortFunc(list, func(a, b half) int { return cmp.Compare(a.echo, b.echo) })
	m.echo = list[len(list)/2].echo
	return m
}
