package cost

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// TestTable holds the texts for people to recorded.txt.
func TestTable(t *testing.T) {
	text := table(readRecorded(t))
	texts := map[string]string{"COST.md": "# What a message costs on small processors\n\n" + text}
	const page = "../../boards/README.md"
	if old, err := os.ReadFile(page); err == nil {
		if before, rest, ok := strings.Cut(string(old), begin); ok {
			_, after, ok := strings.Cut(rest, end)
			if !ok {
				t.Fatalf("%s has no line %s", page, end)
			}
			texts[page] = before + begin + "\n" + text + "\n" + end + after
		}
	}
	for path, want := range texts {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("%s is not of recorded.txt: go test ./bench/cost -run Table -args -update writes it", path)
		}
	}
}

const begin, end = "<!-- cost -->\n", "<!-- /cost -->"

// table is what the recorded figures mean.
func table(recorded map[string]float64) string {
	kernel := recorded["kernel"]
	var b strings.Builder
	cost := func(one board, k string) float64 { return recorded[one.name+" "+k] }
	head := func() {
		b.WriteString("| ")
		for _, one := range boards {
			b.WriteString(" | " + one.title)
		}
		b.WriteString(" |\n| ---" + strings.Repeat(" | --:", len(boards)) + " |\n")
	}
	b.WriteString("Instructions of the server for a message, without the system's, counted under qemu" +
		" (`make cost`; within 5 %):\n\n")
	head()
	for _, k := range kinds {
		b.WriteString("| " + k.title)
		for _, one := range boards {
			fmt.Fprintf(&b, " | %.0f", cost(one, k.name))
		}
		b.WriteString(" |\n")
	}
	fmt.Fprintf(&b, "\nMessages a second, **an estimate**, not a measurement: the server alone, and in brackets with the"+
		" system's part.\nThe clock and the instructions a cycle are those of the last rows, the latter assumed. The system"+
		" takes %.1f times the\nserver's time for an event that comes alone (measured on a PC), and is assumed to do so"+
		" here, once for each wait,\nread and write; sessions count four such trips, a delivery of a broadcast half of one."+
		" Your network driver decides:\nmeasure with `bench`.\n\n", kernel)
	head()
	for _, k := range kinds {
		b.WriteString("| " + k.title)
		for _, one := range boards {
			a := one.mhz * 1e6 * one.perCycle
			own := cost(one, k.name)
			all := own + k.trips*kernel*cost(one, "echo")
			fmt.Fprintf(&b, " | %s (%s)", round(a/own), round(a/all))
		}
		b.WriteString(" |\n")
	}
	b.WriteString("| MHz, instructions a cycle")
	for _, one := range boards {
		fmt.Fprintf(&b, " | %.0f, %.1f", one.mhz, one.perCycle)
	}
	b.WriteString(" |\n\nA turn that echoes one event, or 16 that came together, asks the system once to read and once" +
		" to write, and once to\nwait, or twice where it sleeps, and reads the clock as often as it waits. No message" +
		" calculates with floating point.\n")
	return b.String()
}

// round keeps two digits.
func round(v float64) string {
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return fmt.Sprintf("%.0f", math.Round(v/unit)*unit)
}
