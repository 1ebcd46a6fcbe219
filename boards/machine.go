package boards

import (
	"bytes"
	"io"
	"io/fs"
	"math"
	"runtime"
	"strconv"
	"strings"
)

// Machine is what a program can know of the machine that it runs on. Fields that
// are not known are zero; Detect trusts none of them.
type Machine struct {
	Model     string // what the board calls itself: "Raspberry Pi Zero W Rev 1.1"
	SoC       string // and its chip: "MediaTek MT7621 ver:1 eco:3"
	Arch      string // GOARCH, for 32-bit ARM with the CPU's version: "armv6"
	RAM       int64  // MemTotal, bytes
	Container int64  // bytes, the limit of the container that the program is in; ReadMachine does not look for one
	Cores     int
}

// What is read of a file, and kept of a name, at most.
const (
	mostRead  = 256 << 10
	mostName  = 100
	mostCores = 4096
)

// ReadMachine reads what the kernel tells; root is "/", os.DirFS("/") in a program.
// It takes whatever the files hold: names are cut to 100 printable ASCII characters,
// numbers to what is possible.
func ReadMachine(root fs.FS) Machine {
	info := read(root, "proc/cpuinfo")
	m := Machine{
		Model: first(
			name(read(root, "proc/device-tree/model")),
			name(read(root, "tmp/sysinfo/model")), // OpenWrt
			field(info, "machine"),                // MIPS
			field(info, "Model"),                  // Raspberry Pi
		),
		SoC:   first(field(info, "system type"), field(info, "Hardware"), field(info, "cpu model")),
		Arch:  runtime.GOARCH,
		RAM:   memTotal(read(root, "proc/meminfo")),
		Cores: countCores(info),
	}
	if m.Arch == "arm" {
		m.Arch = armVersion(first(field(info, "model name"), field(info, "Processor")))
	}
	return m
}

func read(root fs.FS, path string) []byte {
	f, err := root.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, mostRead))
	return text
}

// name is a text up to its first NUL or line feed. It may be logged.
func name(text []byte) string {
	if i := bytes.IndexAny(text, "\x00\n"); i >= 0 {
		text = text[:i]
	}
	printable := make([]byte, 0, min(len(text), mostName))
	for _, c := range text {
		if ' ' <= c && c <= '~' && len(printable) < mostName {
			printable = append(printable, c)
		}
	}
	return string(bytes.TrimSpace(printable))
}

// field is the first value of a field of /proc/cpuinfo, which is lines of "name : value".
func field(info []byte, want string) string {
	for line := range bytes.Lines(info) {
		key, value, _ := bytes.Cut(line, []byte{':'})
		if string(bytes.TrimSpace(key)) == want {
			return name(value)
		}
	}
	return ""
}

func countCores(info []byte) (n int) {
	for line := range bytes.Lines(info) {
		key, _, is := bytes.Cut(line, []byte{':'})
		if is && string(bytes.TrimSpace(key)) == "processor" {
			n++
		}
	}
	return min(n, mostCores)
}

// memTotal reads /proc/meminfo: "MemTotal:  59728 kB".
func memTotal(text []byte) int64 {
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line[:min(len(line), mostName)]))
		if len(f) == 3 && f[0] == "MemTotal:" && f[2] == "kB" {
			n, err := strconv.ParseUint(f[1], 10, 64)
			if err != nil && n != math.MaxUint64 { // no number
				return 0
			}
			return int64(min(n, mostRAM>>10)) << 10
		}
	}
	return 0
}

// armVersion is the version in what the kernel calls an ARM CPU: "ARMv6-compatible
// processor rev 7 (v6l)". Its "CPU architecture" is 7 on a version 6 that has the
// newer page tables.
func armVersion(cpu string) string {
	for _, v := range [...]string{"v5", "v6", "v7", "v8"} {
		if strings.HasSuffix(cpu, "("+v+"l)") || strings.HasSuffix(cpu, "("+v+"b)") {
			return "arm" + v
		}
	}
	return "arm"
}

func first(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}
