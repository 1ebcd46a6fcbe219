package main

import (
	"io/fs"
	"os"
	"runtime"
)

// probe reads the device below a root directory, "/" on the device. One reading is under way at a time, off the loop:
// files of /sys may take milliseconds, as a sensor on a slow bus does.
type probe struct {
	root    fs.FS
	zones   []string
	cpu     cpuTime
	traffic traffic
	at      int64 // of cpu and traffic in milliseconds, 0 if there are none
}

func newProbe(root fs.FS) *probe { return &probe{root: root, zones: thermalZones(root)} }

// A reading is one value of a topic; a rate is nil until there is something to compare with.
type (
	loadReading struct {
		One     float64  `json:"one"`
		Five    float64  `json:"five"`
		Fifteen float64  `json:"fifteen"`
		Tasks   uint64   `json:"tasks"`
		Cores   int      `json:"cores"`
		CPU     *float64 `json:"cpu"` // percent of all cores
	}
	memoryReading struct {
		Total     uint64 `json:"total"`
		Available uint64 `json:"available"`
		Gateway   uint64 `json:"gateway"` // resident memory of this process
	}
	temperatureReading struct {
		Celsius float64 `json:"celsius"` // of the hottest sensor
		Sensors int     `json:"sensors"`
	}
	networkReading struct {
		Received   uint64   `json:"received"`
		Sent       uint64   `json:"sent"`
		Interfaces int      `json:"interfaces"`
		In         *float64 `json:"in"` // bytes a second
		Out        *float64 `json:"out"`
	}
)

// rate is the growth a second of a counter that may have been reset.
func rate(now, before uint64, ms int64) *float64 {
	if ms <= 0 || now < before {
		return nil
	}
	r := float64(now-before) * 1000 / float64(ms)
	return &r
}

func (p *probe) load() (any, error) {
	text, err := fs.ReadFile(p.root, "proc/loadavg")
	if err != nil {
		return nil, err
	}
	l, err := parseLoadAvg(text)
	if err != nil {
		return nil, err
	}
	r := loadReading{One: l.One, Five: l.Five, Fifteen: l.Fifteen, Tasks: l.Tasks, Cores: runtime.NumCPU()}
	if text, err = fs.ReadFile(p.root, "proc/stat"); err == nil {
		if t, err := parseStat(text); err == nil {
			if percent, ok := t.percentSince(p.cpu); ok && p.cpu.all > 0 {
				r.CPU = &percent
			}
			p.cpu = t
		}
	}
	return r, nil
}

func (p *probe) memory() (any, error) {
	text, err := fs.ReadFile(p.root, "proc/meminfo")
	if err != nil {
		return nil, err
	}
	m, err := parseMemInfo(text)
	if err != nil {
		return nil, err
	}
	r := memoryReading{Total: m.Total, Available: m.Available}
	if text, err = fs.ReadFile(p.root, "proc/self/statm"); err == nil {
		if pages, err := parseStatm(text); err == nil {
			r.Gateway = pages * uint64(os.Getpagesize())
		}
	}
	return r, nil
}

func (p *probe) temperature() (any, error) {
	var r temperatureReading
	for _, name := range p.zones {
		text, err := fs.ReadFile(p.root, name)
		if err != nil {
			continue // a sensor that sleeps
		}
		if c, err := parseMilli(text); err == nil {
			if r.Sensors == 0 || c > r.Celsius {
				r.Celsius = c
			}
			r.Sensors++
		}
	}
	if r.Sensors == 0 {
		return nil, fs.ErrNotExist
	}
	return r, nil
}

func (p *probe) network(now int64) (any, error) {
	text, err := fs.ReadFile(p.root, "proc/net/dev")
	if err != nil {
		return nil, err
	}
	t, err := parseNetDev(text)
	if err != nil {
		return nil, err
	}
	r := networkReading{Received: t.Received, Sent: t.Sent, Interfaces: t.Interfaces}
	if p.at > 0 {
		r.In, r.Out = rate(t.Received, p.traffic.Received, now-p.at), rate(t.Sent, p.traffic.Sent, now-p.at)
	}
	p.traffic, p.at = t, now
	return r, nil
}
