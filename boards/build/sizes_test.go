package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/boards"
)

// Every board has a line in the table, with a ceiling. That it is held is for make sizes, which has the programs.
func TestSizesTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("../..", sizesFile))
	if err != nil {
		t.Fatal(err)
	}
	head, rows, err := readSizes(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	again := head
	for _, r := range rows {
		told = append(told, r.name)
		again += r.String() + "\n"
		if r.ceiling < 1<<20 || r.bytes != 0 && (r.gzip >= r.bytes || r.xz >= r.gzip) { // 0: not measured yet
			t.Errorf("%s: %+v", r.name, r)
		}
		if strings.HasSuffix(r.name, withoutTLS) && r.ceiling > 6_000_000 {
			t.Errorf("%s: the promise is 6 MB", r.name)
		}
	}
	if want := append(names(boards.Profiles()), "ramips-notls"); !slices.Equal(told, want) {
		t.Errorf("%s is for %q, the boards are %q", sizesFile, told, want)
	}
	if again != string(text) {
		t.Errorf("%s is not written as -update writes it", sizesFile)
	}
	for _, bad := range []string{"rpi2 | 1 | 2 | 3\n", "rpi2 | 1 | 2 | 3 | x\n"} {
		if _, _, err := readSizes(bad); err == nil {
			t.Errorf("%q is taken for a line", bad)
		}
	}
}

func TestCheckSizes(t *testing.T) {
	root := t.TempDir()
	o := options{out: filepath.Join(root, "out")}
	o.profiles, _ = choose([]string{"rpi2", "ath79"})
	write(t, o.out, "rpi2/gateway", strings.Repeat("a", 1000))
	write(t, o.out, "ath79/gateway", strings.Repeat("a", 1001))
	const table = "# head\nrpi2 | 1000 | 0 | 0 | 0\nath79 | 1000 | 0 | 0 | 0\nrpi3 | 7 | 6 | 5 | 4\n"
	write(t, root, sizesFile, table)
	err := checkSizes(root, o)
	if err == nil || err.Error() != "ath79: 1001 bytes, 1 above its ceiling" {
		t.Errorf("it says %v", err)
	}
	if text, _ := os.ReadFile(filepath.Join(root, sizesFile)); string(text) != table {
		t.Errorf("the table was changed to %s", text)
	}
	o.update = true
	if err := checkSizes(root, o); err == nil {
		t.Error("-update takes what is above a ceiling")
	}
	text, err := os.ReadFile(filepath.Join(root, sizesFile))
	head, rows, bad := readSizes(string(text))
	if err != nil || bad != nil || head != "# head\n" || len(rows) != 3 || rows[1].bytes != 1001 ||
		rows[1].ceiling != 1000 || rows[0].gzip >= 100 || rows[2] != (sizeRow{"rpi3", 7, 6, 5, 4}) {
		t.Errorf("the table is now %s: %v", text, bad)
	}
	o.profiles, _ = choose([]string{"edgeros"})
	write(t, o.out, "edgeros/gateway", "a")
	if err := checkSizes(root, o); err == nil || !strings.Contains(err.Error(), "give it a ceiling") {
		t.Errorf("a board without a line: %v", err)
	}
}
