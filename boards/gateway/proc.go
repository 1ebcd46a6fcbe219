package main

import (
	"bytes"
	"errors"
	"io/fs"
	"strconv"
	"strings"
)

// errProc reports a file of /proc or /sys in a form that is not the kernel's.
var errProc = errors.New("gateway: unknown form")

// loadAvg is /proc/loadavg: runnable tasks of the last 1, 5 and 15 minutes, and how many there are.
type loadAvg struct {
	One, Five, Fifteen float64
	Tasks              uint64
}

func parseLoadAvg(text []byte) (l loadAvg, err error) {
	f := strings.Fields(string(text))
	if len(f) < 4 {
		return l, errProc
	}
	for i, to := range []*float64{&l.One, &l.Five, &l.Fifteen} {
		if *to, err = strconv.ParseFloat(f[i], 64); err != nil || !(*to >= 0) {
			return l, errProc
		}
	}
	_, all, _ := strings.Cut(f[3], "/")
	if l.Tasks, err = strconv.ParseUint(all, 10, 64); err != nil {
		return l, errProc
	}
	return l, nil
}

// cpuTime is the first line of /proc/stat in ticks since the start: all of it, and what was not idle.
type cpuTime struct{ all, busy uint64 }

func parseStat(text []byte) (t cpuTime, err error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	f := strings.Fields(string(line))
	if len(f) < 5 || f[0] != "cpu" {
		return t, errProc
	}
	// user nice system idle iowait irq softirq steal; guest time is in user already.
	for i, s := range f[1:min(len(f), 9)] {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return t, errProc
		}
		t.all += n
		if i != 3 && i != 4 {
			t.busy += n
		}
	}
	return t, nil
}

// percentSince is how much of the time since before the processors were busy; ok is false if no time passed, or it ran
// backwards as it may in a container that moved.
func (t cpuTime) percentSince(before cpuTime) (percent float64, ok bool) {
	if t.all <= before.all || t.busy < before.busy {
		return 0, false
	}
	return min(100, 100*float64(t.busy-before.busy)/float64(t.all-before.all)), true
}

// memInfo is what of /proc/meminfo is shown, in bytes.
type memInfo struct{ Total, Available uint64 }

func parseMemInfo(text []byte) (m memInfo, err error) {
	free, loose := uint64(0), uint64(0) // without MemAvailable, before Linux 3.14
	available := false
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		f := strings.Fields(rest)
		if len(f) == 0 {
			continue
		}
		n, err := strconv.ParseUint(f[0], 10, 54)
		if err != nil {
			continue
		}
		switch name {
		case "MemTotal":
			m.Total = n << 10
		case "MemAvailable":
			m.Available, available = n<<10, true
		case "MemFree":
			free = n << 10
		case "Buffers", "Cached":
			loose += n << 10
		}
	}
	if !available {
		m.Available = free + loose
	}
	if m.Total == 0 || m.Available > m.Total {
		return memInfo{}, errProc
	}
	return m, nil
}

// parseStatm returns the resident pages of /proc/self/statm.
func parseStatm(text []byte) (pages uint64, err error) {
	f := strings.Fields(string(text))
	if len(f) < 2 {
		return 0, errProc
	}
	if pages, err = strconv.ParseUint(f[1], 10, 48); err != nil {
		return 0, errProc
	}
	return pages, nil
}

// traffic is what went through the network interfaces since the start, in bytes.
type traffic struct {
	Received, Sent uint64
	Interfaces     int
}

// parseNetDev adds up /proc/net/dev, the loopback interface left out.
func parseNetDev(text []byte) (t traffic, err error) {
	lines := 0
	for line := range strings.Lines(string(text)) {
		if lines++; lines <= 2 {
			continue // the heading
		}
		name, rest, ok := strings.Cut(line, ":")
		f := strings.Fields(rest)
		if !ok || len(f) < 9 {
			return traffic{}, errProc
		}
		if strings.TrimSpace(name) == "lo" {
			continue
		}
		in, err := strconv.ParseUint(f[0], 10, 64)
		out, err2 := strconv.ParseUint(f[8], 10, 64)
		if err != nil || err2 != nil {
			return traffic{}, errProc
		}
		t.Received += in
		t.Sent += out
		t.Interfaces++
	}
	if lines < 2 {
		return traffic{}, errProc
	}
	return t, nil
}

// parseMilli reads a sensor's file, thousandths of a degree.
func parseMilli(text []byte) (celsius float64, err error) {
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 32)
	if err != nil || n < -100_000 || n > 300_000 {
		return 0, errProc
	}
	return float64(n) / 1000, nil
}

// thermalZones finds the temperature sensors of the board: thermal zones, or the inputs of hardware monitors. Patterns
// are tried in turn, so that a sensor that is both is not read twice.
func thermalZones(root fs.FS) []string {
	for _, pattern := range []string{"sys/class/thermal/thermal_zone*/temp", "sys/class/hwmon/hwmon*/temp*_input"} {
		if names, _ := fs.Glob(root, pattern); len(names) > 0 {
			return names[:min(len(names), 16)]
		}
	}
	return nil
}
