//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// board is what the figures were measured on.
type board struct {
	Model       string `json:"model"`
	CPU         string `json:"cpu"`
	Cores       int    `json:"cores"`
	MemoryMB    int    `json:"memory_mb"`
	Kernel      string `json:"kernel"`
	Governor    string `json:"governor,omitempty"`
	Temperature string `json:"temperature,omitempty"` // at the begin and, after a run, at the end
	Go          string `json:"go"`
	Descriptors int    `json:"descriptors"`
	Time        string `json:"time"`
}

func readBoard() board {
	b := board{
		Model: modelName(), CPU: cpuName(), Cores: len(cores()), Kernel: kernelName(),
		Governor:    firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		Temperature: temperature(),
		Go:          runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		Descriptors: descriptors(),
		Time:        time.Now().UTC().Format(time.RFC3339),
	}
	b.MemoryMB = int(statusField("/proc/meminfo", "MemTotal") / 1024)
	return b
}

// modelName is what the device tree or the firmware calls the machine.
func modelName() string {
	if s := firstLine("/proc/device-tree/model"); s != "" {
		return s
	}
	var words []string
	for _, name := range []string{"sys_vendor", "product_name"} {
		if s := firstLine("/sys/class/dmi/id/" + name); s != "" {
			words = append(words, s)
		}
	}
	for _, field := range []string{"Model", "Hardware", "machine", "system type"} {
		if s := cpuinfo(field); s != "" && len(words) == 0 {
			words = append(words, s)
		}
	}
	if len(words) == 0 {
		return "unknown"
	}
	return strings.Join(words, " ")
}

func cpuName() string {
	for _, field := range []string{"model name", "cpu model", "Processor", "uarch"} {
		if s := cpuinfo(field); s != "" {
			return s
		}
	}
	if part := cpuinfo("CPU part"); part != "" {
		return "ARM part " + part
	}
	return runtime.GOARCH
}

// cpuinfo is the first value of a field of /proc/cpuinfo.
func cpuinfo(field string) string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte{':'})
		if strings.TrimSpace(string(name)) == field {
			return strings.TrimSpace(string(value))
		}
	}
	return ""
}

func kernelName() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " +
		unix.ByteSliceToString(u.Machine[:])
}

// temperature is that of the warmest zone, "" where there is none.
func temperature() string {
	most := 0
	zones, _ := filepath.Glob("/sys/class/thermal/thermal_zone*/temp")
	for _, z := range zones {
		v, _ := strconv.Atoi(firstLine(z))
		most = max(most, v)
	}
	if most == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f C", float64(most)/1000)
}

// cooled notes the temperature after a run.
func (b *board) cooled() {
	if t := temperature(); t != "" && b.Temperature != "" {
		b.Temperature += " before, " + t + " after"
	}
}

// String is the header of a report.
func (b board) String() string {
	lines := [][2]string{
		{"model", b.Model},
		{"cpu", fmt.Sprintf("%s, %d cores", b.CPU, b.Cores)},
		{"memory", fmt.Sprintf("%d MB", b.MemoryMB)},
		{"kernel", b.Kernel},
		{"governor", b.Governor},
		{"temperature", b.Temperature},
		{"go", b.Go},
		{"descriptors", fmt.Sprintf("%d a process", b.Descriptors)},
		{"time", b.Time},
	}
	var s strings.Builder
	for _, l := range lines {
		if l[1] != "" {
			fmt.Fprintf(&s, "%-12s %s\n", l[0], l[1])
		}
	}
	return s.String()
}
