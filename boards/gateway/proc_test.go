package main

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"testing/fstest"
)

const (
	statText = "cpu  1049400 7053 310074 1387800 3898 0 52272 1085 400 0\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 1\n"
	memText  = "MemTotal:         247652 kB\nMemFree:          103308 kB\nMemAvailable:     193560 kB\n" +
		"Buffers:           2492 kB\nCached:           85412 kB\nHugePages_Total:       0\n"
	oldMemText = "MemTotal:          61444 kB\nMemFree:           10000 kB\nBuffers:            2000 kB\n" +
		"Cached:             3000 kB\nSwapCached:         900 kB\n"
	netText = "Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|" +
		"bytes    packets errs drop fifo colls carrier compressed\n" +
		"    lo: 153455859141 207820197    0 7033    0     0          0         0 153455859141 207820197 0 0 0 0 0 0\n" +
		"  eth0: 667928999   26476    0    0    0     0          0         0" +
		"  2818488   20925    0    0    0     0       0          0\n" +
		"br-lan:1 2 0 0 0 0 0 0 18446744073709551 4 0 0 0 0 0 0\n"
)

func TestParseLoadAvg(t *testing.T) {
	got, err := parseLoadAvg([]byte("0.73 0.57 1.22 4/111 11947\n"))
	if want := (loadAvg{0.73, 0.57, 1.22, 111}); got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "0.1 0.2 0.3", "0.1 0.2 0.3 4", "a 0.2 0.3 4/5", "NaN 0 0 1/2", "-1 0 0 1/2",
		"0 0 0 1/-2"} {
		if _, err := parseLoadAvg([]byte(bad)); !errors.Is(err, errProc) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestParseStat(t *testing.T) {
	got, err := parseStat([]byte(statText))
	// Guest time, the last two numbers, is part of user time already.
	busy := uint64(1049400 + 7053 + 310074 + 52272 + 1085)
	if want := (cpuTime{busy + 1387800 + 3898, busy}); got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if old, err := parseStat([]byte("cpu 1 2 3 4\n")); old != (cpuTime{10, 6}) || err != nil {
		t.Errorf("Linux 2.4's four numbers: %+v, %v", old, err)
	}
	for _, bad := range []string{"", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4", "cpu 1 2 x 4", "cpu 1 2 3 -4"} {
		if _, err := parseStat([]byte(bad)); !errors.Is(err, errProc) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPercentSince(t *testing.T) {
	for _, c := range []struct {
		before, now cpuTime
		percent     float64
		ok          bool
	}{
		{cpuTime{100, 50}, cpuTime{200, 75}, 25, true},
		{cpuTime{100, 50}, cpuTime{200, 50}, 0, true},
		{cpuTime{100, 50}, cpuTime{200, 150}, 100, true},
		{cpuTime{100, 50}, cpuTime{100, 50}, 0, false},
		{cpuTime{100, 50}, cpuTime{90, 40}, 0, false},
		{cpuTime{100, 50}, cpuTime{200, 40}, 0, false},
	} {
		if got, ok := c.now.percentSince(c.before); got != c.percent || ok != c.ok {
			t.Errorf("%+v since %+v: %v, %v", c.now, c.before, got, ok)
		}
	}
}

func TestParseMemInfo(t *testing.T) {
	for text, want := range map[string]memInfo{
		memText:    {247652 << 10, 193560 << 10},
		oldMemText: {61444 << 10, 15000 << 10},
	} {
		if got, err := parseMemInfo([]byte(text)); got != want || err != nil {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for _, bad := range []string{"", "MemTotal:", "MemTotal: x kB\n", "MemFree: 1 kB\n",
		"MemTotal: 1 kB\nMemAvailable: 2 kB\n", "MemTotal: 18446744073709551615 kB\n"} {
		if _, err := parseMemInfo([]byte(bad)); !errors.Is(err, errProc) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestParseNetDev(t *testing.T) {
	got, err := parseNetDev([]byte(netText))
	want := traffic{667928999 + 1, 2818488 + 18446744073709551, 2}
	if got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "a\n", "a\nb\nc\n", "a\nb\n eth0: 1 2 3\n", "a\nb\n eth0: 1 2 3 4 5 6 7 8 x\n"} {
		if _, err := parseNetDev([]byte(bad)); !errors.Is(err, errProc) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestParseSmallFiles(t *testing.T) {
	if pages, err := parseStatm([]byte("409 1741 97 1 0 50 0\n")); pages != 1741 || err != nil {
		t.Errorf("statm: %d, %v", pages, err)
	}
	if c, err := parseMilli([]byte("-4500\n")); c != -4.5 || err != nil {
		t.Errorf("temperature: %v, %v", c, err)
	}
	for _, bad := range []string{"", "x", "1 x", "1 -2"} {
		if _, err := parseStatm([]byte(bad)); err == nil {
			t.Errorf("statm %q is taken", bad)
		}
	}
	for _, bad := range []string{"", "hot", "999999999", "-300000", "21.5"} {
		if _, err := parseMilli([]byte(bad)); err == nil {
			t.Errorf("temperature %q is taken", bad)
		}
	}
}

// board is the root directory of a small router.
func board() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"proc/loadavg":    file("0.73 0.57 1.22 4/111 11947\n"),
		"proc/stat":       file(statText),
		"proc/meminfo":    file(memText),
		"proc/self/statm": file("409 3 97 1 0 50 0\n"),
		"proc/net/dev":    file(netText),

		"sys/class/thermal/thermal_zone0/temp": file("41250\n"),
		"sys/class/thermal/thermal_zone1/temp": file("48000\n"),
		"sys/class/thermal/thermal_zone2/temp": file("asleep\n"),
		"sys/class/hwmon/hwmon0/temp1_input":   file("99000\n"),
	}
}

func TestProbe(t *testing.T) {
	root := board()
	p := newProbe(root)
	read := func(topic string, now int64) any {
		t.Helper()
		r, err := p.read(topic, now)
		if err != nil {
			t.Fatalf("%s: %v", topic, err)
		}
		return r
	}
	if got, want := read("temperature", 1), (temperatureReading{48, 2}); got != want {
		t.Errorf("%+v", got)
	}
	if l := read("load", 1).(loadReading); l.One != 0.73 || l.Tasks != 111 || l.Cores < 1 || l.CPU != nil {
		t.Errorf("%+v", l)
	}
	if n := read("network", 1000).(networkReading); n.In != nil || n.Out != nil || n.Interfaces != 2 {
		t.Errorf("%+v: a rate without a reading before", n)
	}
	root["proc/stat"].Data = []byte("cpu  1049500 7053 310074 1387900 3898 0 52272 1085 0 0\n")
	root["proc/net/dev"].Data = []byte("a\nb\n eth0: 667930000 0 0 0 0 0 0 0 18446744076528039 0 0 0 0 0 0 0\n")
	if l := read("load", 3000).(loadReading); l.CPU == nil || *l.CPU != 50 {
		t.Errorf("%+v", l)
	}
	if n := read("network", 3000).(networkReading); math.Abs(*n.In-500) > 1e-9 || *n.Out != 0 {
		t.Errorf("%v in, %v out", *n.In, *n.Out)
	}
	if m := read("memory", 1).(memoryReading); m.Total != 247652<<10 || m.Gateway == 0 || m.Gateway%3 != 0 {
		t.Errorf("%+v", m)
	}
	p.forget()
	if l, n := read("load", 4000).(loadReading), read("network", 4000).(networkReading); l.CPU != nil || n.In != nil {
		t.Error("a rate after a time without readings")
	}
}

func TestThermalZones(t *testing.T) {
	root := board()
	if got := len(thermalZones(root)); got != 3 {
		t.Errorf("%d thermal zones", got)
	}
	for name := range root {
		if len(name) > 17 && name[:17] == "sys/class/thermal" {
			delete(root, name)
		}
	}
	if got := thermalZones(root); !reflect.DeepEqual(got, []string{"sys/class/hwmon/hwmon0/temp1_input"}) {
		t.Errorf("%v", got)
	}
	if _, err := newProbe(fstest.MapFS{}).read("temperature", 1); err == nil {
		t.Error("a board without a sensor has a temperature")
	}
}

// FuzzProc: whatever a kernel's file has in it, a reading is finite and within its bounds, or an error.
func FuzzProc(f *testing.F) {
	for _, text := range []string{statText, memText, oldMemText, netText, "0.73 0.57 1.22 4/111 11947\n", "48000\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if l, err := parseLoadAvg(text); err == nil && !(l.One >= 0 && l.Five >= 0 && l.Fifteen >= 0) {
			t.Errorf("%+v", l)
		}
		if c, err := parseStat(text); err == nil {
			if p, ok := c.percentSince(cpuTime{}); ok && !(p >= 0 && p <= 100) {
				t.Errorf("%+v: %v percent", c, p)
			}
		}
		if m, err := parseMemInfo(text); err == nil && (m.Total == 0 || m.Available > m.Total) {
			t.Errorf("%+v", m)
		}
		if c, err := parseMilli(text); err == nil && !(c >= -100 && c <= 300) {
			t.Errorf("%v degrees", c)
		}
		_, _ = parseNetDev(text)
		_, _ = parseStatm(text)
	})
}
