package main

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/boards"
)

func targetOf(t *testing.T, name string) *target {
	t.Helper()
	p, ok := boards.ByName(name)
	if !ok {
		t.Fatalf("no profile %s", name)
	}
	return &target{Profile: p}
}

const someLog = `=== RUN   TestA
=== RUN   TestA/part
    --- PASS: TestA/part (0.00s)
--- PASS: TestA (0.01s)
=== RUN   TestIdleMemory
    memory_test.go:106: the ceiling is for 64-bit machines
--- SKIP: TestIdleMemory (0.00s)
=== RUN   TestNew
    new_test.go:7: not today
--- SKIP: TestNew (0.00s)
=== RUN   TestB
--- FAIL: TestB (0.02s)
FAIL
`

// A skip has to be known for the package and the target; any other is wrong, as is a failure.
func TestRead(t *testing.T) {
	for _, c := range []struct {
		profile string
		wrong   []string
	}{
		{"ath79", []string{"TestNew skips", "TestB fails"}},
		{"octeon", []string{"TestIdleMemory skips", "TestNew skips", "TestB fails"}},
	} {
		r := read("poll/tlsconn", targetOf(t, c.profile), someLog)
		same := len(r.wrong) == len(c.wrong)
		for i := range min(len(r.wrong), len(c.wrong)) {
			same = same && strings.HasPrefix(r.wrong[i], c.wrong[i])
		}
		if !same || r.passed != 2 || !slices.Equal(r.skips, []string{"TestIdleMemory", "TestNew"}) {
			t.Errorf("%s: %+v, want wrong %q", c.profile, r, c.wrong)
		}
		if !strings.Contains(r.line(), "new_test.go:7: not today") {
			t.Errorf("the reason of a skip is lost: %s", r.line())
		}
	}
}

// A row whose test runs is wrong, too.
func TestStale(t *testing.T) {
	ath79 := targetOf(t, "ath79")
	for want, skips := range map[int][]string{0: {"TestIdleMemory"}, 1: nil} {
		results := []result{{pkg: "poll/tlsconn", profile: "ath79", skips: skips}, {pkg: "poll/tlsconn", profile: "octeon"}}
		if got := stale(ath79, results); len(got) != want {
			t.Errorf("skips %q: %q", skips, got)
		}
	}
}

// Each row names a package and tests that are there.
func TestRowsAreTrue(t *testing.T) {
	for _, o := range slices.Concat(skips, outs, cuts) {
		files, err := filepath.Glob(filepath.Join("../..", o.pkg, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s has no tests %v", o.pkg, err)
		}
		var text strings.Builder
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(data)
		}
		for name := range strings.SplitSeq(o.test, "|") {
			if name != "" && !regexp.MustCompile(`(?m)^func `+name+`\(`).MatchString(text.String()) {
				t.Errorf("%s has no %s", o.pkg, name)
			}
		}
		if o.why == "" {
			t.Errorf("%s %s has no reason", o.pkg, o.test)
		}
	}
}

// What binfmt_misc compares is what the linker writes, for each build.
func TestMagic(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	r := &run{root: "../..", goTool: "go"}
	for _, name := range []string{"rpi-zero", "ath79"} {
		board := targetOf(t, name)
		bin := filepath.Join(t.TempDir(), "probe")
		if err := r.build(context.Background(), board.Build, "build", "-o", bin, "./boards/emulated/probe"); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(bin)
		if err != nil {
			t.Fatal(err)
		}
		want := `\x7fELF`
		for _, b := range data[4:20] {
			want += fmt.Sprintf(`\x%02x`, b)
		}
		if got := board.magic(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// Every architecture has its number.
func TestMachines(t *testing.T) {
	numbers := map[string]elf.Machine{"arm": elf.EM_ARM, "arm64": elf.EM_AARCH64, "mips": elf.EM_MIPS,
		"mipsle": elf.EM_MIPS, "mips64": elf.EM_MIPS, "mips64le": elf.EM_MIPS, "riscv64": elf.EM_RISCV}
	for _, p := range boards.Profiles() {
		if arch := p.Build.GOARCH; p.Emulator != "" && elf.Machine(machines[arch]) != numbers[arch] {
			t.Errorf("%s: machine %d, want %d", p.Name, machines[arch], numbers[arch])
		}
	}
}

// Profiles of one build and CPU are one target.
func TestChoose(t *testing.T) {
	all, err := choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, target := range all {
		n += 1 + len(target.also)
		if target.Name == "edgeros" {
			t.Error("edgeros runs what rpi2 does")
		}
	}
	if n != len(boards.Profiles()) {
		t.Errorf("%d profiles of %d", n, len(boards.Profiles()))
	}
	if _, err := choose([]string{"toaster"}); err == nil {
		t.Error("an unknown profile is taken")
	}
}

// What a command started ends with it, although it holds the output.
func TestOutputEndsTheGroup(t *testing.T) {
	script := "echo $$; exec 2>&-; sleep 600 >&- & exit 3"
	text, err := output(context.Background(), time.Minute, ".", []string{"sh", "-c", script})
	if err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	pid := strings.TrimSpace(text)
	left, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range left {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if f[2] == pid && f[0] != "Z" {
			t.Errorf("%s is left of the group", path)
		}
	}
}

// The words of the three who tell of it.
func TestIllegal(t *testing.T) {
	for text, want := range map[string]bool{
		"qemu: uncaught target signal 4 (Illegal instruction) - core dumped": true,
		"SIGILL: illegal instruction\nPC=0x11a3c m=0 sigcode=2":              true,
		"signal: illegal instruction (core dumped)":                          true,
		"signal: segmentation fault":                                         false,
	} {
		if illegal(text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}
