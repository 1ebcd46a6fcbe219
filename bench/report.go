//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// report is a campaign as it is written down.
type report struct {
	Board   board    `json:"board"`
	Command string   `json:"command"`
	Cores   string   `json:"cores"`
	Results []result `json:"results"`
	rows    []row
}

func (c *campaign) report(b board) report {
	b.cooled()
	r := report{Board: b, Command: "bench " + strings.Join(os.Args[1:], " "), Results: c.results, rows: c.rows()}
	r.Cores = "server and load are not bound: there is one core"
	if c.serverCore >= 0 {
		r.Cores = fmt.Sprintf("server on core %d, load on core %d", c.serverCore, c.loadCore)
	}
	return r
}

// text is the report for a terminal.
func (r report) text() string {
	var s strings.Builder
	s.WriteString(r.Board.String())
	fmt.Fprintf(&s, "%-12s %s\n%-12s %s\n", "cores", r.Cores, "command", r.Command)
	for _, rows := range kinds(r.rows) {
		fmt.Fprintf(&s, "\n%s\n%s", rows[0].scenario.title(), tabulate(rows))
	}
	if p := problems(r.rows); p != "" {
		s.WriteString("\nNot as it should be\n" + p)
	}
	return s.String()
}

// write puts text, JSON and plots into a folder.
func (r report) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err = os.WriteFile(filepath.Join(dir, "results.json"), append(b, '\n'), 0o644); err != nil {
		return err
	}
	if err = os.WriteFile(filepath.Join(dir, "results.txt"), []byte(r.text()), 0o644); err != nil {
		return err
	}
	return writePlots(dir, r.rows)
}
