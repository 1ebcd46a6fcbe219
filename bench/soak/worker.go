//go:build linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// crowd runs sessions, so many at a time.
type crowd struct {
	options
	address string
	number  atomic.Int64 // of the last session that began
	polite  bool         // all say goodbye

	mu       sync.Mutex
	ended    int
	kinds    map[string]int
	failures map[string]int
}

func newCrowd(o options, address string) *crowd {
	return &crowd{options: o, address: address, kinds: map[string]int{}, failures: map[string]int{}}
}

// run runs n sessions and returns when all have ended.
func (c *crowd) run(n int) {
	var left atomic.Int64
	left.Store(int64(n))
	var workers sync.WaitGroup
	for range c.workers {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				c.one(c.number.Add(1))
			}
		})
	}
	workers.Wait()
}

// one runs the session of a number.
func (c *crowd) one(number int64) {
	s := c.draw(number)
	err := s.play()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended++
	c.kinds[s.kind()]++
	if err != nil {
		c.failures[s.kind()+": "+err.Error()]++
	}
}

// draw is what the session of a number does: the same in every run.
func (c *crowd) draw(number int64) *session {
	rnd := rand.New(rand.NewPCG(c.seed, uint64(number)))
	s := &session{
		address: c.address, number: number, version: 4, asks: 1 + rnd.IntN(5), chats: rnd.IntN(30) == 0,
		transport: pick(rnd, []share[transport]{{websocketOnly, 40}, {pollingOnly, 25}, {upgraded, 35}}),
		end:       pick(rnd, []share[ending]{{farewell, 40}, {closing, 30}, {fin, 15}, {rst, 14}, {abandoned, 1}}),
	}
	if rnd.IntN(4) == 0 {
		s.version = 3
	}
	switch {
	case c.polite:
		s.end = farewell
	case s.transport != pollingOnly && s.end == abandoned:
		s.end = fin
	case s.transport == pollingOnly && (s.end == fin || s.end == rst) && rnd.IntN(10) > 0:
		s.end = closing // between two polls that is to be abandoned, which few are
	}
	return s
}

// share is how often something is picked.
type share[T any] struct {
	what   T
	weight int
}

func pick[T any](rnd *rand.Rand, list []share[T]) T {
	sum := 0
	for _, s := range list {
		sum += s.weight
	}
	n := rnd.IntN(sum)
	for _, s := range list {
		if n -= s.weight; n < 0 {
			return s.what
		}
	}
	panic("soak: shares without weight")
}

func (c *crowd) done() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// String tells how many sessions of each kind there were.
func (c *crowd) String() string { return lines(c.kinds) }

// trouble is what clients saw that they should not.
func (c *crowd) trouble() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.failures) == 0 {
		return nil
	}
	return errors.New("sessions failed:\n" + lines(c.failures))
}

func lines(counts map[string]int) string {
	var list []string
	for what, n := range counts {
		list = append(list, fmt.Sprintf("%8d %s", n, what))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}
