//go:build linux

package main

import (
	"encoding/json"
	"runtime/metrics"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// tell answers /stats. With lag=on it begins to probe the loop for lag as well,
// with lag=off it tells what was found and stops: an idle server is not woken.
func (s *server) tell(req *webapp.Request, res *webapp.Response) {
	c := s.counters()
	switch req.Query("lag") {
	case "on":
		s.lag.begin(s.loop)
	case "off":
		c["lagP99"], c["lagMax"] = s.lag.found.quantile(.99), float64(s.lag.found.max)/1e3
		s.loop.Disarm(&s.lag.timer)
	}
	b, err := json.Marshal(c)
	if err != nil {
		res.Fail(err)
		return
	}
	res.Type("application/json").SendBytes(b)
}

func (s *server) counters() counters {
	p := s.loop.Stats()
	m := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/allocs:objects"},
	}
	metrics.Read(m)
	return counters{
		"conns": float64(p.Conns), "timers": float64(p.Timers), "turns": float64(p.Turns),
		"accepted": float64(p.Accepted), "closed": float64(p.Closed),
		"reads": float64(p.Reads), "writes": float64(p.Writes),
		"bytesIn": float64(p.BytesIn), "bytesOut": float64(p.BytesOut), "outBytes": float64(p.OutBytes),
		"slow": float64(p.Slow), "overflowed": float64(p.Overflowed),
		"heapBytes": float64(m[0].Value.Uint64()), "allocs": float64(m[1].Value.Uint64()),
	}
}

// lagProbe measures how late the loop runs a timer. The loop's clock has a grain
// of 1 ms, so that much is no lag.
type lagProbe struct {
	loop  *poll.Loop
	timer poll.Timer
	due   int64
	found histogram
}

const lagInterval = 20 * time.Millisecond

func (p *lagProbe) begin(l *poll.Loop) {
	p.loop = l
	p.found.reset()
	p.arm()
}

func (p *lagProbe) arm() {
	p.due = nanotime() + int64(lagInterval)
	p.loop.Arm(&p.timer, lagInterval, p)
}

// OnTimer takes one measurement.
func (p *lagProbe) OnTimer(*poll.Timer) {
	p.found.add(nanotime() - p.due)
	p.arm()
}
