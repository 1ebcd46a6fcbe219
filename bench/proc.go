//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ticksPerSecond is USER_HZ, which is 100 on every system that Go runs on.
const ticksPerSecond = 100

// cpuOf is the user and system time of a process in seconds, all threads.
func cpuOf(pid int) (user, system float64) {
	b, err := os.ReadFile(procPath(pid, "stat"))
	if err != nil {
		return 0, 0
	}
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 13 {
		return 0, 0
	}
	return number(f[11]) / ticksPerSecond, number(f[12]) / ticksPerSecond
}

// ownCPU is this process's user and system time in seconds.
func ownCPU() float64 {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

// memoryOf is a field of /proc/PID/status in bytes: VmRSS, VmHWM.
func memoryOf(pid int, field string) float64 {
	return statusField(procPath(pid, "status"), field) * 1024
}

// switchesOf counts how often threads of a process went to sleep, which is how
// often they were woken.
func switchesOf(pid int) (n float64) {
	paths, _ := filepath.Glob(procPath(pid, "task/*/status"))
	for _, p := range paths {
		n += statusField(p, "voluntary_ctxt_switches")
	}
	return n
}

func statusField(path, field string) float64 {
	b, _ := os.ReadFile(path)
	for line := range bytes.Lines(b) {
		if name, rest, _ := bytes.Cut(line, []byte{':'}); string(name) == field {
			if f := bytes.Fields(rest); len(f) > 0 {
				return number(f[0])
			}
		}
	}
	return 0
}

func procPath(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }

// coreBusy is the time in seconds that a core did not idle. Time stolen by the
// host counts as busy: it is missing for us.
func coreBusy(core int) (busy float64) {
	b, _ := os.ReadFile("/proc/stat")
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) < 9 || string(f[0]) != "cpu"+strconv.Itoa(core) {
			continue
		}
		for _, i := range []int{1, 2, 3, 6, 7, 8} { // user nice system irq softirq steal
			busy += number(f[i])
		}
	}
	return busy / ticksPerSecond
}

func number(b []byte) float64 {
	v, _ := strconv.ParseFloat(string(b), 64)
	return v
}

// descriptors raises the limit of open files to the hard one and tells it.
func descriptors() int {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil {
		return 1024
	}
	r.Cur = r.Max
	unix.Setrlimit(unix.RLIMIT_NOFILE, &r)
	return int(min(r.Max, 1<<30))
}

// cores are the processors that this process may run on.
func cores() (list []int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return []int{0}
	}
	for i := 0; len(list) < set.Count(); i++ {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return list
}

// pinSelf binds every thread of this process to a core; threads that start
// later inherit it. A negative core leaves them free.
func pinSelf(core int) {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, t := range tasks {
		if tid, err := strconv.Atoi(t.Name()); err == nil && core >= 0 {
			pinThread(tid, []int{core})
		}
	}
}

func pinThread(tid int, to []int) {
	var set unix.CPUSet
	for _, c := range to {
		set.Set(c)
	}
	unix.SchedSetaffinity(tid, &set)
}

// pinned calls start, which starts a process, so that the process runs on one
// core: a child inherits what the thread is bound to that starts it.
func pinned(core int, start func() error) error {
	if core < 0 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all := cores()
	pinThread(0, []int{core})
	defer pinThread(0, all)
	return start()
}

// firstLine is the trimmed first line of a small file, "" when there is none.
func firstLine(path string) string {
	b, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.Trim(line, " \t\x00")
}
