//go:build linux

package main

import (
	"fmt"
	"os"
	"slices"
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
		fmt.Fprintf(&b, " pid=%d descriptors=%d %s %s", m.child.Pid, len(open), network(), now.since(m.lastCPU))
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

// network is what TCP has: sockets of both families and the pages that they hold, /proc/net/sockstat; and what it lost:
// segments sent again, connections that a listener had no room for, packets that the driver dropped.
func network() string {
	used := strings.Fields(lineOf("/proc/net/sockstat", "TCP:"))
	used6 := strings.Fields(lineOf("/proc/net/sockstat6", "TCP6:"))
	if len(used) < 11 || len(used6) < 3 {
		return "sockets=unknown"
	}
	n4, _ := strconv.Atoi(used[2])
	n6, _ := strconv.Atoi(used6[2])
	return fmt.Sprintf("sockets=%d tcpPages=%s retransmitted=%s notListened=%s", n4+n6, used[10],
		counter("/proc/net/snmp", "Tcp:", "RetransSegs"), counter("/proc/net/netstat", "TcpExt:", "ListenDrops"))
}

// lineOf is the first line of a file that starts with a word.
func lineOf(path, word string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, word) {
			return line
		}
	}
	return ""
}

// counter reads a file that has a line of names above each of values.
func counter(path, group, name string) string {
	text, _ := os.ReadFile(path)
	var names []string
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] != group {
			continue
		}
		if i := slices.Index(names, name); i >= 0 && i < len(f) {
			return f[i]
		}
		names = f
	}
	return "0"
}

// cpuTimes are ticks of 10 ms.
type cpuTimes struct{ total, idle, interrupts, service uint64 }

// readCPU reads the first line of /proc/stat and the times of the service, proc(5). The whole is the time that has
// passed, not the sum of the line: while the emulator has no processor, nothing counts but that and the service's time.
func readCPU(dir string) (c cpuTimes) {
	seconds, _ := strconv.ParseFloat(uptime(), 64)
	c.total = uint64(seconds * 100)
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
