package boards

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what README.md has of the table and the budget")

// TestReadme: between <!-- NAME --> and <!-- /NAME --> stands what the table says.
func TestReadme(t *testing.T) {
	old := text(t, "README.md")
	page := between(t, old, "limits", limitsTable())
	page = between(t, page, "budget", budgetTable())
	for _, p := range Profiles() {
		if !strings.Contains(page, "\n### "+p.Name+"\n") {
			t.Errorf("README.md has no page for %s", p.Name)
		}
		page = between(t, page, p.Name, facts(p))
	}
	if *update {
		check(t, os.WriteFile("README.md", []byte(page), 0o644))
	} else if page != old {
		t.Error("README.md is not what the table says: go test ./boards -update")
	}
}

func between(t *testing.T, page, name, content string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	before, rest, ok := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("README.md has no %s", begin)
	}
	return before + begin + "\n" + content + "\n" + end + after
}

// row is a line of a table.
func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

func rule(columns int) string { return "| --- |" + strings.Repeat(" --: |", columns-1) + "\n" }

func bytesOf(n int) string {
	switch {
	case n == 1e6 || n%mb == 0:
		return strconv.Itoa(max(n/mb, 1)) + " MB"
	default:
		return strconv.Itoa(n>>10) + " kB"
	}
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/mb) }

func limitsTable() string {
	head := []string{"board", "RAM", "clients", "with TLS", "runtime", "peers", "GOGC", "message", "output", "at all",
		"read", "socket", "descriptors"}
	s := row(head...) + rule(len(head))
	for _, p := range Profiles() {
		s += row("["+p.Name+"](#"+p.Name+")", fmt.Sprint(p.RAM/mb, " MB"), strconv.Itoa(p.MaxConns),
			strconv.Itoa(p.MaxTLSConns), megabytes(p.MemoryLimit())+" MB", megabytes(p.PeersBudget())+" MB",
			strconv.Itoa(p.GCPercent), bytesOf(p.MaxPayload), bytesOf(p.SoftOutput), bytesOf(p.HardOutput),
			bytesOf(p.ReadBuffer), bytesOf(p.SocketBuffer), strconv.Itoa(p.Descriptors))
	}
	return s
}

// budgetTable has a line for each owner, and a column for each board.
func budgetTable() string {
	head := []string{"owner"}
	var lines, reasons strings.Builder
	heap, sum, left, ram := []string{"**Go runtime**"}, []string{"**sum**"}, []string{"left"}, []string{"**RAM**"}
	for _, p := range Profiles() {
		head = append(head, p.Name)
		heap = append(heap, "**"+megabytes(p.MemoryLimit())+"**")
		sum = append(sum, "**"+megabytes(p.Total())+"**")
		left = append(left, megabytes(p.RAM-p.Total()))
		ram = append(ram, fmt.Sprintf("**%d**", p.RAM/mb))
	}
	inHeap := false
	for i, l := range table[0].Budget() {
		if l.Heap && !inHeap {
			lines.WriteString(row(heap...))
			inHeap = true
		}
		cells := []string{l.Owner}
		if inHeap {
			cells[0] = "of it: " + l.Owner
		}
		for _, p := range Profiles() {
			bytes := int64(0)
			if all := p.Budget(); i < len(all) {
				bytes = all[i].Bytes
			}
			cells = append(cells, megabytes(bytes))
		}
		lines.WriteString(row(cells...))
		fmt.Fprintf(&reasons, "- %s: %s\n", l.Owner, l.Why)
	}
	return row(head...) + rule(len(head)) + lines.String() + row(sum...) + row(left...) + row(ram...) + "\n" +
		reasons.String()
}

// facts are what the table says of a board.
func facts(p Profile) string {
	s := fmt.Sprintf("The smallest one: %d MB, %d x %d MHz. It carries %d clients, or %d with TLS, in %s MB at most.\n\n",
		p.RAM/mb, p.Cores, p.MHz, p.MaxConns, p.MaxTLSConns, megabytes(p.Total()-p.Reserved-p.System))
	s += "    CGO_ENABLED=0 " + strings.Join(p.Build.Env(), " ") + " \\\n" +
		"        go build -trimpath -ldflags=\"-s -w\" -o gateway ./boards/gateway\n"
	if p.Emulator != "" {
		s += fmt.Sprintf("    %s -cpu %s gateway    # on a PC\n", p.Emulator, p.CPU)
	}
	return s
}
