package blackbox

import (
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

// row is a line of VERDICTS.md: what a peer sends, and the verdict.
type row struct {
	name   string // of the line in the list of bad input
	sent   string // what is sent, in words
	want   string
	remark string // where the verdict is not the list's own, or what limits the row
	hazard bool   // for the program with that tag
	native bool   // not for emulated targets; remark says why
	run    func(x *exchange) string
}

func (r *row) key() string { return r.name + " | " + r.sent }

// group is rows that run side by side; what they leave is looked at when all are done.
type group struct {
	name string
	rows []row
}

var groups = []group{
	{"H lines", lineRows}, {"H bodies", bodyRows}, {"H targets", targetRows}, {"H sizes", sizeRows}, {"H order",
		orderRows()},
	{"U", knockRows}, {"U sessions", knockSessionRows},
	{"W", frameRows}, {"W streams", streamRows}, {"W deflate", deflateRows}, {"W conformance", conformanceRows},
	{"E requests", requestRows}, {"E sessions", sessionRows}, {"E payloads", payloadRows},
	{"S", packetRows}, {"S attachments", attachmentRows}, {"S namespaces", namespaceRows},
	{"S full", fullRows}, {"S recovery", recoveryRows},
	{"M", msgpackRows}, {"J", jsonRows},
	{"R time", timeRows}, {"R handlers", handlerRows}, {"R load", loadRows},
	{"programs of their own", slices.Concat(cutRows, processRows, memoryRows, tlsRows, diskRows, terminations, logRows)},
}

// verdicts is what happened, by row.
type verdicts struct {
	mu     sync.Mutex
	got    map[string]string
	unable map[string]bool // rows that this machine cannot run
}

func (v *verdicts) put(r *row, verdict string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.got[r.key()] = verdict
}

func TestBadInput(t *testing.T) {
	if *program == "" || *hazards == "" {
		t.Skip("make blackbox builds the programs that this test needs")
	}
	programs := map[bool]*gateway{false: start(t, "gateway", *program), true: start(t, "hazard", *hazards)}
	for _, g := range programs {
		g.attend()
		g.base = g.atRest()
	}
	v := &verdicts{got: map[string]string{}, unable: map[string]bool{}}
	for i := range groups {
		gr := &groups[i]
		t.Run(gr.name, func(t *testing.T) { // returns when all its rows are done
			for i := range gr.rows {
				if r := &gr.rows[i]; selected(r) {
					t.Run(r.name+" "+r.sent, func(t *testing.T) {
						t.Parallel()
						v.judge(t, r, programs[r.hazard])
					})
				}
			}
		})
		for _, g := range programs {
			if what := g.settle(); what != "" {
				t.Errorf("after %s %s holds what it should not: %s", gr.name, g.name, what)
			}
			if !g.alive() {
				t.Fatalf("after %s %s has ended: %v\n%s", gr.name, g.name, g.cmd.ProcessState, g.log.tail(60))
			}
		}
	}
	for _, g := range programs {
		g.log.check(t, g.name)
	}
	if *only == "" {
		compare(t, v)
	} else if len(v.got) == 0 {
		t.Fatalf("no row matches %q", *only)
	}
}

func selected(r *row) bool {
	if r.native && *emulator != "" || strings.HasPrefix(r.name, "R") && *emulator != "" {
		return false
	}
	return *only == "" || regexp.MustCompile(*only).MatchString(r.name+" "+r.sent)
}

// judge runs a row beside the bystanders of its program.
func (v *verdicts) judge(t *testing.T, r *row, g *gateway) {
	defer func() {
		if t.Skipped() {
			v.mu.Lock()
			v.unable[r.key()] = true
			v.mu.Unlock()
		}
	}()
	got := r.try(t, g)
	if what := g.watched(); what != "" {
		got += "; " + what
	}
	if got != r.want {
		t.Errorf("%s: want %s", got, r.want)
	}
	v.put(r, got)
}

// cannot ends a row that this machine cannot run; its verdict stays as it is. CI must run all.
func (x *exchange) cannot(why error) {
	if os.Getenv("CI") != "" {
		x.fail("%v", why)
	}
	x.t.Skip(why)
}

func (r *row) try(t *testing.T, g *gateway) (got string) {
	x := &exchange{t: t, g: g, want: r.want}
	defer func() {
		switch why := recover().(type) {
		case nil:
		case failure:
			got = string(why)
		default:
			t.Errorf("%v\n%s", why, debug.Stack())
			got = "broken row"
		}
		func() {
			defer func() { _ = recover() }()
			x.finish()
		}()
	}()
	return r.run(x)
}

// with gives all rows the hazard program.
func with(hazard bool, rows []row) []row {
	for i := range rows {
		rows[i].hazard = hazard
	}
	return rows
}
