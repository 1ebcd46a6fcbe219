//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// stat prints a line of what the machine and its service use: memory in kB, shares of the processor in percent since
// the line before, numbers since the machine was switched on.
func (m *manager) stat() {
	var b strings.Builder
	fmt.Fprintf(&b, "stat uptime=%s", uptime())
	memory := fields("/proc/meminfo")
	for _, name := range []string{"MemTotal", "MemFree", "MemAvailable", "Cached", "Slab", "Shmem"} {
		fmt.Fprintf(&b, " %s=%s", name, memory[name])
	}
	events := fields("/proc/vmstat")
	fmt.Fprintf(&b, " oom_kill=%s pgmajfault=%s", events["oom_kill"], events["pgmajfault"])
	own := fields("/proc/self/status")
	fmt.Fprintf(&b, " init=%s", own["VmRSS"])
	if m.child != nil {
		dir := "/proc/" + strconv.Itoa(m.child.Pid)
		status := fields(dir + "/status")
		for _, name := range []string{"VmRSS", "VmHWM", "Threads", "Uid"} {
			fmt.Fprintf(&b, " %s=%s", name, status[name])
		}
		// The kernel counts what is above per thread, and adds it up now and then; this is exact.
		exact := fields(dir + "/smaps_rollup")
		fmt.Fprintf(&b, " rss=%s anon=%s pss=%s", exact["Rss"], exact["Anonymous"], exact["Pss"])
		open, _ := os.ReadDir(dir + "/fd")
		now := readCPU(dir)
		fmt.Fprintf(&b, " pid=%d descriptors=%d sockets=%s %s", m.child.Pid, len(open), tcpInUse(), now.since(m.lastCPU))
		m.lastCPU = now
	}
	say("%s", b.String())
}

// fields reads lines of a name and a value, with or without a colon between.
func fields(path string) map[string]string {
	all := map[string]string{}
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 {
			all[strings.TrimSuffix(f[0], ":")] = f[1]
		}
	}
	return all
}

// uptime is in seconds.
func uptime() string {
	text, _ := os.ReadFile("/proc/uptime")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// tcpInUse is of /proc/net/sockstat: sockets, and the pages that all of them hold.
func tcpInUse() string {
	text, _ := os.ReadFile("/proc/net/sockstat")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 10 && f[0] == "TCP:" {
			return f[2] + " tcpPages=" + f[10]
		}
	}
	return "0 tcpPages=0"
}

// cpuTimes are ticks of 10 ms.
type cpuTimes struct{ total, idle, interrupts, service uint64 }

// readCPU reads the first line of /proc/stat and the times of the service, proc(5).
func readCPU(dir string) (c cpuTimes) {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	for i, f := range strings.Fields(line) {
		n, _ := strconv.ParseUint(f, 10, 64)
		switch {
		case i == 0 || i > 8: // the name; guests are counted in user
			continue
		case i == 4 || i == 5: // idle, iowait
			c.idle += n
		case i == 6 || i == 7:
			c.interrupts += n
		}
		c.total += n
	}
	text, _ = os.ReadFile(dir + "/stat")
	_, rest, _ := strings.Cut(string(text), ") ")
	if f := strings.Fields(rest); len(f) > 12 {
		for _, ticks := range f[11:13] {
			n, _ := strconv.ParseUint(ticks, 10, 64)
			c.service += n
		}
	}
	return c
}

func (c cpuTimes) since(b cpuTimes) string {
	total := max(c.total-b.total, 1)
	share := func(now, before uint64) uint64 { return 100 * (now - before) / total }
	return fmt.Sprintf("busy=%d interrupts=%d service=%d", 100-min(share(c.idle, b.idle), 100),
		share(c.interrupts, b.interrupts), share(c.service, b.service))
}
