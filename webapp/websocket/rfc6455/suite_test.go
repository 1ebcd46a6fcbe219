package rfc6455

import (
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll/polltest"
)

var update = flag.Bool("update", false, "write cases.md")

// tables are the groups 1 to 7, 9 and 10 in their order.
var tables = []func(dialect) []row{sizes, pings, reservedBits, opcodes, fragmentation, texts, failFast, sequenceRows,
	closings, codes, limits, autoFragmentation}

func rowsOf(d dialect) (all []row) {
	for _, table := range tables {
		all = append(all, table(d)...)
	}
	return all
}

// TestSuite are all groups on real sockets, 1 to 10 on both servers; cases.md is what came of it.
func TestSuite(t *testing.T) {
	h := newHost(t, nil)
	verdicts := map[string]string{}
	for _, d := range []dialect{plain, engine} {
		for _, r := range rowsOf(d) {
			if testing.Short() && r.octets() > 1<<20+1<<10 {
				verdicts[d.name+r.id] = r.verdict(true) // not run
				continue
			}
			got := r.play(t, h, d, nil)
			verdicts[d.name+r.id] = r.verdict(got == r.expected())
			if got != r.expected() {
				t.Errorf("%s %s (%s): got\n%s\nwant\n%s", d.name, r.id, r.what, got, r.expected())
			}
		}
	}
	sent := 0
	for _, k := range talks() {
		fault, dense := k.play(t, h, k.messages())
		fits := k.size <= 1<<k.window || k.window == 15
		if fault == "" && (fits && k.size > 64 && dense == 0 || !fits && dense > 0) {
			fault = fmt.Sprintf("%d messages came back compressed", dense)
		}
		verdicts[plain.name+k.id] = k.verdict(fault == "")
		if fault != "" {
			t.Errorf("%s (%s): %s", k.id, k.what, fault)
		}
		sent += k.messages()
	}
	t.Logf("%d messages in groups 12 and 13", sent)
	checkTable(t, verdicts)
}

func (r *row) verdict(passed bool) string {
	switch {
	case !passed:
		return "FAILED"
	case r.undefined:
		return "INFORMATIONAL"
	}
	return "OK"
}

// TestCasesInMemory are the same on the kernel in memory: as they are; and where they are short enough cut at every
// place and by the octet, which makes no difference.
func TestCasesInMemory(t *testing.T) {
	h := newHost(t, polltest.New(1, polltest.Faults{}))
	for _, d := range []dialect{plain, engine} {
		cuts := 0
		for _, r := range rowsOf(d) {
			n := r.octets()
			if n > 1<<20+1<<10 || testing.Short() && n > 1<<17 {
				continue
			}
			ways := [][]int{nil}
			if n < 4000 {
				ways = append(ways, everywhere(n))
			}
			for at := 1; at < n && n < 300 && (n < 50 || !testing.Short()); at++ {
				ways = append(ways, []int{at})
			}
			for _, cut := range ways {
				if got := r.play(t, h, d, cut); got != r.expected() {
					t.Errorf("%s %s (%s) cut at %d: got\n%s\nwant\n%s", d.name, r.id, r.what, cut, got, r.expected())
					break
				}
			}
			cuts += len(ways)
		}
		t.Logf("%s: %d runs", d.name, cuts)
	}
}

func everywhere(n int) (all []int) {
	for i := 1; i < n; i++ {
		all = append(all, i)
	}
	return all
}

// octets is the size of all that is sent.
func (r *row) octets() (n int) {
	for _, s := range r.steps {
		n += len(s.wire)
	}
	return n
}

// expected is the transcript that passes.
func (r *row) expected() string {
	return transcript(append(slices.Clone(r.want), event{r.end, ""}, event{"FIN", ""}))
}

func transcript(events []event) string {
	var b strings.Builder
	for _, e := range events {
		if len(e.payload) > 40 {
			fmt.Fprintf(&b, "%s, sum %x\n", e, crc32.ChecksumIEEE([]byte(e.payload)))
		} else {
			fmt.Fprintln(&b, e)
		}
	}
	return b.String()
}

// play is one case on a connection of its own. The stream is cut at the given places too.
func (r *row) play(t testing.TB, h *host, d dialect, cut []int) string {
	t.Helper()
	l := h.dial(t)
	defer l.hangUp()
	_, rest := open(t, l, d, "")
	p := &player{l: l}
	p.feed(rest)
	if d.prefix != "" { // the open packet
		p.await(1)
		if len(p.events) != 1 || !strings.HasPrefix(p.events[0].payload, `0{"sid":"`) {
			t.Fatalf("open packet: %s", transcript(p.events))
		}
		p.events = nil
	}
	at := 0
	for _, s := range r.steps {
		p.send(s, cut, at)
		at += len(s.wire)
	}
	if r.asks {
		p.await(len(r.want))
		l.send(closing(1000, ""))
	}
	for p.end == "" {
		p.read()
	}
	return transcript(p.events)
}

// player is the client's side of a case.
type player struct {
	judge
	l   link
	end string
}

func (p *player) read() {
	var b []byte
	if b, p.end = p.l.recv(); p.end != "" {
		p.add(p.end, "")
		return
	}
	p.feed(b)
}

func (p *player) await(n int) {
	for len(p.events) < n && p.end == "" {
		p.read()
	}
}

// send does one step, whose first octet is at the given place of the stream.
func (p *player) send(s step, cut []int, at int) {
	for _, piece := range pieces(s.wire, s.chop) {
		from := 0
		for _, place := range cut {
			if i := place - at; i > from && i < len(piece) {
				p.l.send(piece[from:i])
				from = i
			}
		}
		p.l.send(piece[from:])
		at += len(piece)
	}
	if s.await > 0 {
		p.await(s.await)
	}
	if s.quiet {
		if b := p.l.quiet(); len(b) > 0 {
			p.add("breach", "something came too early")
		}
	}
}

// checkTable: there are as many cases as the public suite has, and cases.md shows them all.
func checkTable(t *testing.T, verdicts map[string]string) {
	t.Helper()
	out := "# The public RFC 6455 suite, case by case\n\nMade by `go test ./webapp/websocket/rfc6455 -update`; " +
		"doc.go says how the cases are run. A verdict is OK where the\npublic suite calls that outcome its strict OK, " +
		"and INFORMATIONAL where it does not judge; what comes back is on package\nwebsocket.\n\n" +
		"| case | RFC 6455 | what is sent | what comes back | websocket | eio |\n|---|---|---|---|---|---|\n"
	n, seen := 0, map[string]bool{}
	for _, r := range append(rowsOf(plain), compressionRows()...) {
		eio := verdicts[engine.name+r.id]
		if eio == "" {
			eio = "-"
		}
		if seen[r.id] {
			t.Errorf("%s stands twice", r.id)
		}
		seen[r.id] = true
		out += fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", r.id, r.section, r.what, r.comes(),
			verdicts[plain.name+r.id], eio)
		n++
	}
	if n != 517 {
		t.Errorf("%d cases, the public suite has 517", n)
	}
	if *update {
		if err := os.WriteFile("cases.md", []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("cases.md")
	if err != nil || string(have) != out {
		t.Errorf("cases.md is not what came of the cases: run it with -update (%v)", err)
	}
}

// comes is what a server sends, in short.
func (r *row) comes() string {
	var all []string
	for i, e := range r.want {
		if i < 1 || len(r.want) <= 3 {
			all = append(all, strings.ReplaceAll(fmt.Sprintf("`%s`", e), "|", "/"))
		} else if i == len(r.want)-1 {
			all = append(all, fmt.Sprintf("%d more", len(r.want)-1))
		}
	}
	return strings.Join(append(all, r.end, "FIN"), ", ")
}
