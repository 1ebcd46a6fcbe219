//go:build linux

package main

import (
	"encoding/json"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// tell answers /stats. With memory=on it collects garbage before it tells what is
// live, and tells what the kernel holds for the sockets. With lag=on it begins to probe the loop for lag as well,
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
	if req.Query("memory") == "on" {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		c["liveBytes"], c["kernelBytes"] = float64(m.HeapAlloc), float64(socketMemory())
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

// socketMemory is what the kernel holds for this process' sockets, in both
// directions and with what it keeps beside the bytes (sock(7), SO_MEMINFO).
func socketMemory() (sum uint64) {
	const (
		rmemAlloc, wmemQueued, vars = 0, 5, 9 // linux/sock_diag.h
		soMemInfo                   = 55
	)
	list, _ := os.ReadDir("/proc/self/fd")
	for _, f := range list {
		fd, err := strconv.Atoi(f.Name())
		var v [vars]uint32
		n := uint32(unsafe.Sizeof(v))
		if err != nil {
			continue
		}
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, soMemInfo,
			uintptr(unsafe.Pointer(&v)), uintptr(unsafe.Pointer(&n)), 0)
		if errno == 0 {
			sum += uint64(v[rmemAlloc]) + uint64(v[wmemQueued])
		}
	}
	return sum
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
