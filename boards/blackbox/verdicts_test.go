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

const verdictsHead = `# Bad input: the verdicts

Written by the tests of this package, which fail when a verdict changes. To write it again:

    make blackbox ARGS=-update             # column amd64, this machine
    make blackbox-emulated ARGS=-update    # columns arm and mips

- case: the line of the list of bad input; with * it goes to the program with the build tag hazard
- sent: what one peer does, while two others exchange acks. Each row has addresses of its own, as peers have, and the
  limits are the gateway's defaults
- expected: the verdict. "close" is the end of the connection, a number before it the status or the close frame's code;
  "open" is proved by a request, a ping or an event that is answered. What a socket's disconnect is called ("forced
  close") is the reference's word for a client that broke the protocol
- amd64, arm, mips: ok, what came instead, or - where the row is not run. Group R depends on time and is native
- remark: why the verdict is not the list's own, which limit it is, what bounds the row

`

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
