package main

import (
	"fmt"
	"slices"
	"strings"
)

// row is a test, or a package, that does not run here.
type row struct {
	pkg, test string // test "": the whole package
	on        func(*target) bool
	why       string
}

func narrow(t *target) bool { return t.bits() == 32 }
func every(*target) bool    { return true }

// skips are the tests that skip themselves, by -test.short or because of the machine. A test that skips without a row
// fails, and so does a row whose test runs.
var skips = []row{
	{"poll/tlsconn", "TestIdleMemory", narrow, "its ceiling counts 64-bit structures"},
	{"webapp/websocket", "TestIdleBytes", narrow, "its ceiling counts 64-bit structures"},
	{"eio", "TestIdleBytes", narrow, "its ceiling counts 64-bit structures"},
	{"sio", "TestIdleBytes", narrow, "its ceiling counts 64-bit structures"},
	{"sio", "TestSizes", narrow, "it counts 64-bit structures"},
	{"webapp/httpbridge", "TestLinked", every, "it builds programs: make unit"},
}

// outs do not run at all, with what runs them instead.
var outs = []row{
	{"webapp/clients", "", every, "curl, wrk and ab with a server of their own: make clients"},
}

// restarting start their own binary again. They are left out where that does not work, see target.restarts.
var restarting = []row{
	{"boards/gateway", "", stuck, needsBinfmt},
	{"poll", "TestInheritFromAnotherProcess|TestLinuxFullTable", stuck, needsBinfmt},
	{"poll/handover", "TestSuccession|TestSuccessionEnds", stuck, needsBinfmt},
}

const needsBinfmt = "NOT RUN: it starts its own binary again, which this machine cannot (see above)"

// stuck is a target whose processes cannot start its binaries.
func stuck(t *target) bool { return t.Emulator != "" && t.wrapper == "" }

// cuts are what -short leaves out: each takes a minute or more of an emulated CPU, and make test-boards has them.
var cuts = []row{
	{"boards/gateway", "", every, "the gateway's own tests: its program is in smoke and memory"},
	{"sio/sim", "", every, "the simulation"},
	{"webapp/websocket/rfc6455", "", every, "the 517 cases"},
	{"webapp/ws", "TestConformance.*|TestInflate.*|TestCompress", every, "long messages, and compression"},
	{"eio", "TestIdleBytesOfCompression|TestGroupedWakeUps|TestDenseForms", every, "10^5 packets, and idle hours"},
	{"poll", "TestTimersAgainstSortedSlice|FuzzOutbuf", every, "many small steps without a system call"},
	{"eos", "TestEveryBitCounts", every, "10^4 signatures"},
}

// shortInterop are the cases of the interop suite that -short has.
const shortInterop = `^(4\.8|2\.5)( msgpack)? (polling|upgrade): .*(ack|binary|order|room|namespace)|^the server ends`

// out are the rows that keep a test or a package from running.
func out(short bool) []row {
	if short {
		return slices.Concat(outs, restarting, cuts)
	}
	return slices.Concat(outs, restarting)
}

func leftOut(pkg string, t *target, short bool) bool {
	return slices.ContainsFunc(out(short), func(o row) bool { return o.pkg == pkg && o.test == "" && o.on(t) })
}

// kept is the regular expression of a package's tests that do not run.
func kept(pkg string, t *target, short bool) string {
	var all []string
	for _, o := range out(short) {
		if o.pkg == pkg && o.on(t) {
			all = append(all, "^("+o.test+")$")
		}
	}
	return strings.Join(all, "|")
}

// known tells whether a test may skip.
func known(pkg, test string, t *target) bool {
	return slices.ContainsFunc(skips, func(s row) bool { return s.pkg == pkg && s.test == test && s.on(t) })
}

// stale are the rows of skips whose test did not skip.
func stale(t *target, results []result) []string {
	var lines []string
	for _, s := range skips {
		for _, r := range results {
			ran := r.profile == t.Name && r.pkg == s.pkg && len(r.wrong) == 0
			if ran && s.on(t) && !slices.Contains(r.skips, s.test) {
				lines = append(lines, fmt.Sprintf("FAIL %s %s: %s does not skip: take its row out of skips.go",
					t.Name, s.pkg, s.test))
			}
		}
	}
	return lines
}

// tellLeftOut says what nobody saw here.
func (r *run) tellLeftOut(targets []*target) {
	if !r.has("suites") {
		return
	}
	fmt.Println("left out, or skipped:")
	for _, o := range slices.Concat(out(r.short), skips) {
		if !slices.ContainsFunc(targets, o.on) {
			continue
		}
		fmt.Println("  " + strings.TrimSpace(strings.ReplaceAll(o.pkg+" "+o.test, "|", " ")) + ": " + o.why)
	}
	fmt.Println("  long cases of poll/tlsconn, webapp/ws, webapp/websocket/rfc6455 and sio/sim: go test -short,", seeds)
	if r.short {
		fmt.Println("  memory, and interop but for", shortInterop)
		fmt.Println("make test-boards runs what -short leaves out, and the other profiles")
	}
}
