package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/boards/results"
)

// The same program gives the same packages: made later, elsewhere, from files of another time, by somebody with another
// umask, from a clone that has moved on. SOURCE_DATE_EPOCH is the time of all that is inside.
func TestAgain(t *testing.T) {
	tools, _ := filepath.Glob("../../.tools/nfpm-v*")
	if len(tools) == 0 {
		t.Skip("nfpm is not here, make test-packages builds it")
	}
	nfpm, err := filepath.Abs(tools[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	sums := func(epoch, zone string, umask int, age time.Duration) string {
		t.Setenv("SOURCE_DATE_EPOCH", epoch)
		t.Setenv("TZ", zone)
		defer syscall.Umask(syscall.Umask(umask))
		m := maker{binaries: t.TempDir(), out: filepath.Join(t.TempDir(), "out"), nfpm: nfpm}
		file := filepath.Join(m.binaries, "rpi5/gateway")
		if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("\x7fELF "+strings.Repeat("a program ", 1e4)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		if err := m.run("1.2.3", "", []string{"rpi5"}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(m.out, results.SumsName))
		if err != nil || strings.Count(string(text), "\n") != 3 { // .tar.gz, .deb, .ipk
			t.Fatalf("%v %s", err, text)
		}
		return string(text)
	}
	first := sums("1700000000", "UTC", 0o022, 0)
	if second := sums("1700000000", "Pacific/Chatham", 0o077, time.Hour); second != first {
		t.Errorf("made again, they are\n%swere\n%s", second, first)
	}
	other := sums("1700000001", "UTC", 0o022, 0)
	for line := range strings.Lines(other) {
		if strings.Contains(first, line) {
			t.Errorf("a second later it is the same: %s", line)
		}
	}
}
