package boards

import (
	"errors"
	"io/fs"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

func machineFS(pairs ...string) fstest.MapFS {
	root := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		root[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return root
}

const (
	archerInfo = "system type\t\t: Qualcomm Atheros QCA9558 ver 1 rev 0\nmachine\t\t\t: TP-Link Archer C7 v2\n" +
		"processor\t\t: 0\ncpu model\t\t: MIPS 74Kc V5.0\n"
	mt7621Info = "system type\t\t: MediaTek MT7621 ver:1 eco:3\nmachine\t\t\t: GL.iNet GL-MT1300\n" +
		"processor\t\t: 0\ncpu model\t\t: MIPS 1004Kc V2.15\n\nprocessor\t\t: 1\ncpu model\t\t: MIPS 1004Kc V2.15\n"
	zeroInfo = "processor\t: 0\nmodel name\t: ARMv6-compatible processor rev 7 (v6l)\nCPU architecture: 7\n\n" +
		"Hardware\t: BCM2835\nModel\t\t: Raspberry Pi Zero W Rev 1.1\n"
)

func TestReadMachine(t *testing.T) {
	for name, c := range map[string]struct {
		root fs.FS
		want Machine
	}{
		"nothing": {machineFS(), Machine{}},
		"rpi": {machineFS("proc/device-tree/model", "Raspberry Pi 3 Model B Plus Rev 1.3\x00", "proc/meminfo",
			"MemTotal:         945364 kB\nMemFree:          600000 kB\n"),
			Machine{Model: "Raspberry Pi 3 Model B Plus Rev 1.3", RAM: 945364 << 10}},
		"openwrt": {machineFS("tmp/sysinfo/model", "TP-Link Archer C7 v2\n", "proc/cpuinfo", archerInfo, "proc/meminfo",
			"MemTotal: 59728 kB\n"),
			Machine{Model: "TP-Link Archer C7 v2", SoC: "Qualcomm Atheros QCA9558 ver 1 rev 0", RAM: 59728 << 10, Cores: 1}},
		"machine": {machineFS("proc/cpuinfo", mt7621Info),
			Machine{Model: "GL.iNet GL-MT1300", SoC: "MediaTek MT7621 ver:1 eco:3", Cores: 2}},
		"cpuinfo": {machineFS("proc/cpuinfo", strings.ReplaceAll(zeroInfo, "model name", "other")),
			Machine{Model: "Raspberry Pi Zero W Rev 1.1", SoC: "BCM2835", Cores: 1}},
		"binary": {machineFS("proc/device-tree/model", "\x01\xff\x1b[2Jx\x00y", "proc/meminfo", "MemTotal: -5 kB\n"),
			Machine{Model: "[2Jx"}},
		"huge": {machineFS("proc/meminfo", "MemTotal: 99999999999999999999999 kB\n", "tmp/sysinfo/model",
			strings.Repeat("x", 1<<20), "proc/cpuinfo", strings.Repeat("processor:\n", 1<<20)),
			Machine{Model: strings.Repeat("x", mostName), RAM: mostRAM, Cores: mostCores}},
		"largest": {machineFS("proc/meminfo", "MemTotal: 18446744073709551615 kB\n"), Machine{RAM: mostRAM}},
		"words":   {machineFS("proc/meminfo", "MemTotal: many kB\nMemTotal: 5 kB"), Machine{}},
		"units":   {machineFS("proc/meminfo", "MemTotal: 5 MB\n"), Machine{}},
		"folder":  {machineFS("proc/device-tree/model/x", "y", "proc/meminfo/x", "y"), Machine{}},
		"denied":  {denied{}, Machine{}},
	} {
		c.want.Arch = runtime.GOARCH // which no file tells; of ARM TestArmVersion has the rest
		if got := ReadMachine(c.root); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// denied is a disk that nobody may read.
type denied struct{}

func (denied) Open(string) (fs.File, error) { return nil, errors.New("no") }

func TestArmVersion(t *testing.T) {
	for cpu, want := range map[string]string{
		"ARMv6-compatible processor rev 7 (v6l)": "armv6", "Feroceon 88FR131 rev 1 (v5l)": "armv5",
		"ARMv7 Processor rev 5 (v7l)": "armv7", "ARMv8 Processor rev 3 (v8l)": "armv8", "": "arm", "v6l": "arm",
	} {
		if got := armVersion(cpu); got != want {
			t.Errorf("%q: %s, want %s", cpu, got, want)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		m    Machine
		name string
	}{
		{Machine{Model: "Raspberry Pi Model B Rev 2", Arch: "armv6"}, "rpi-zero"},
		{Machine{Model: "Raspberry Pi Model B Plus Rev 1.2", Arch: "armv6"}, "rpi-zero"},
		{Machine{Model: "Raspberry Pi Compute Module Rev 1.0", Arch: "armv6"}, "rpi-zero"},
		{Machine{Model: "Raspberry Pi Zero W Rev 1.1", Arch: "armv6"}, "rpi-zero"},
		{Machine{Model: "Raspberry Pi 2 Model B Rev 1.1", Arch: "armv7"}, "rpi2"},
		{Machine{Model: "Raspberry Pi 3 Model B Plus Rev 1.3", Arch: "arm64"}, "rpi3"},
		{Machine{Model: "Raspberry Pi 3 Model B Plus Rev 1.3", Arch: "armv7"}, "rpi3"},
		{Machine{Model: "Raspberry Pi Zero 2 W Rev 1.0", Arch: "arm64"}, "rpi3"},
		{Machine{Model: "Raspberry Pi Compute Module 3 Plus Rev 1.0", Arch: "arm64"}, "rpi3"},
		{Machine{Model: "Raspberry Pi 4 Model B Rev 1.5", Arch: "arm64"}, "rpi4"},
		{Machine{Model: "Raspberry Pi 400 Rev 1.0", Arch: "arm64"}, "rpi4"},
		{Machine{Model: "Raspberry Pi Compute Module 4 Rev 1.1", Arch: "arm64"}, "rpi4"},
		{Machine{Model: "Raspberry Pi 5 Model B Rev 1.0", Arch: "arm64"}, "rpi5"},
		{Machine{Model: "Raspberry Pi Compute Module 5 Rev 1.0", Arch: "arm64"}, "rpi5"},
		{Machine{Model: "Globalscale Technologies SheevaPlug", Arch: "armv5"}, "kirkwood"},
		{Machine{Model: "Some NAS", SoC: "Marvell Kirkwood (Flattened Device Tree)", Arch: "armv5"}, "kirkwood"},
		{Machine{Model: "TP-Link Archer C7 v2", SoC: "Qualcomm Atheros QCA9558 ver 1 rev 0", Arch: "mips"}, "ath79"},
		{Machine{Model: "GL.iNet GL-AR300M", Arch: "mips"}, "ath79"},
		{Machine{Model: "GL.iNet GL-MT1300", SoC: "MediaTek MT7621 ver:1 eco:3", Arch: "mipsle"}, "ramips"},
		{Machine{Model: "GL.iNet GL-MT300N-V2", SoC: "MediaTek MT7628AN ver:1 eco:2", Arch: "mipsle"}, "ramips"},
		{Machine{SoC: "MediaTek MT7986", Arch: "arm64"}, "rpi3"},
		{Machine{SoC: "UBNT_E100 (CN5020p1.1-500-SCP)", Arch: "mips64"}, "octeon"},
		{Machine{Arch: "mips64le"}, "mips64le"},
		{Machine{Arch: "armv7"}, "edgeros"},
		{Machine{Arch: "armv8"}, "edgeros"},
		{Machine{Arch: "riscv64"}, "riscv64"},
		{Machine{Arch: "amd64"}, "x86-64"},
		{Machine{Arch: "386"}, "x86-64"},
		{Machine{}, "x86-64"},
	} {
		got := Detect(c.m)
		want, _ := ByName(c.name)
		if !reflect.DeepEqual(got, want) { // without RAM nothing is scaled
			t.Errorf("%+v: %+v, want %s", c.m, got, c.name)
		}
	}
}

// Every profile finds itself by each of its names and by its architecture's program.
func TestModelsAreDistinct(t *testing.T) {
	for _, p := range Profiles() {
		for _, model := range p.Models {
			if got := Detect(Machine{Model: model + " x"}); got.Name != p.Name {
				t.Errorf("%q: %s, want %s", model, got.Name, p.Name)
			}
			if model != strings.ToLower(model) {
				t.Errorf("%q is not in lower case", model)
			}
		}
	}
}

// FuzzReadMachine: whatever the files hold, the figures are possible, and the limits
// are those of the table.
func FuzzReadMachine(f *testing.F) {
	f.Add([]byte("Raspberry Pi Zero W Rev 1.1\x00"), []byte("MemTotal: 443080 kB\n"), []byte(zeroInfo), int64(0))
	f.Add([]byte("\x00"), []byte("MemTotal: 59728 kB\n"), []byte(archerInfo), int64(32<<20))
	f.Add([]byte("\xff\xfe\n"), []byte("MemTotal: -1 kB\n"), []byte(mt7621Info), int64(-1))
	f.Add([]byte(""), []byte("MemTotal: 18446744073709551616 kB\n"), []byte("processor:processor:"), int64(1)<<62)
	f.Add([]byte("x"), []byte("MemTotal: 1 kB\n"), []byte("machine: \x1b[31m\n"), int64(1))
	f.Fuzz(func(t *testing.T, model, meminfo, cpuinfo []byte, container int64) {
		m := ReadMachine(machineFS("proc/device-tree/model", string(model), "proc/meminfo", string(meminfo),
			"proc/cpuinfo", string(cpuinfo)))
		m.Container = container
		for _, s := range []string{m.Model, m.SoC} {
			if len(s) > mostName || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Fatalf("%q", s)
			}
		}
		if m.RAM < 0 || m.RAM > mostRAM || m.Cores < 0 || m.Cores > mostCores {
			t.Fatalf("%+v", m)
		}
		p := Detect(m)
		if _, is := ByName(p.Name); !is {
			t.Fatalf("%+v: profile %q", m, p.Name)
		}
		sensible(t, p)
	})
}
