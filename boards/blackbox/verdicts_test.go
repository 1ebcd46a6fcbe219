package blackbox

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// verdictsFile is the table that the tests compare with what happened.
const verdictsFile = "VERDICTS.md"

var columns = []string{"amd64", "arm", "mips"}

const verdictsHead = "# Bad input: the verdicts\n\n" +
	"Written by the tests of this package (`make blackbox ARGS=-update`), which fail when a verdict changes. A row is\n" +
	"what one peer sends, while two others exchange acks. `ok` is the expected verdict, `-` is a row that is not run\n" +
	"on that target. \"close\" is the end of the connection, a number before it the close frame's code; \"open\" is\n" +
	"proved by a request, a ping or an event that is answered. What a socket's disconnect is called (\"forced close\")\n" +
	"is the reference's word for a client that broke the protocol. Rows of the program with `-tags hazard` are marked\n" +
	"with *.\n\n"

// cells are a table's cells in a row of another target, by the row's key.
func cells(text string) map[string][]string {
	rows := map[string][]string{}
	for line := range strings.Lines(text) {
		if c := strings.Split(strings.TrimSpace(line), " | "); len(c) == 7 && strings.HasPrefix(line, "| ") {
			rows[strings.TrimPrefix(c[0], "| ")+" | "+c[1]] = c[3:6]
		}
	}
	return rows
}

// table is the file's text with one column made new.
func table(old string, v *verdicts) string {
	at := slices.Index(columns, *column)
	before := cells(old)
	var b strings.Builder
	b.WriteString(verdictsHead + "| case | sent | expected | " + strings.Join(columns, " | ") + " | remark |\n")
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for _, g := range groups {
		for _, r := range g.rows {
			name := r.name
			if r.hazard {
				name += "*"
			}
			line := []string{"-", "-", "-"}
			if was, ok := before[name+" | "+cell(r.sent)]; ok {
				copy(line, was)
			}
			verdict, ran := v.got[r.key()]
			switch {
			case v.unable[r.key()]:
				verdict = line[at]
			case !ran:
				verdict = "-"
			case verdict == r.want:
				verdict = "ok"
			}
			line[at] = cell(verdict)
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, cell(r.sent), cell(r.want), strings.Join(line, " | "),
				cell(r.remark))
		}
	}
	return b.String()
}

// cell makes a text fit for a table.
func cell(s string) string {
	return strings.NewReplacer("|", "&#124;", "\n", " ", "<", "&lt;").Replace(s)
}

// compare wants the file to say what happened.
func compare(t *testing.T, v *verdicts) {
	t.Helper()
	if !slices.Contains(columns, *column) {
		t.Fatalf("no column %s", *column)
	}
	old, err := os.ReadFile(verdictsFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	now := table(string(old), v)
	switch {
	case now == string(old):
	case *update:
		if err := os.WriteFile(verdictsFile, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what happened: -args -update writes it", verdictsFile)
		was := strings.Split(string(old), "\n")
		for line := range strings.SplitSeq(now, "\n") {
			if !slices.Contains(was, line) {
				t.Log(line)
			}
		}
	}
}

// Every row has a name of its own, and says why it is not run everywhere.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range groups {
		for _, r := range g.rows {
			if seen[r.key()] {
				t.Errorf("%s: two rows", r.key())
			}
			if seen[r.key()] = true; r.native && r.remark == "" {
				t.Errorf("%s: say why it is native only", r.key())
			}
		}
	}
}
