package main

import (
	"context"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
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
	for _, o := range slices.Concat(skips, outs, restarting, cuts) {
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

// Where a program cannot be started again, the tests that do so are left out, and no others are.
func TestRestarting(t *testing.T) {
	able, unable, native := targetOf(t, "ath79"), targetOf(t, "ath79"), targetOf(t, "x86-64")
	able.wrapper = "interpreter"
	for _, c := range []struct {
		name  string
		on    *target
		stuck bool
	}{{"able", able, false}, {"unable", unable, true}, {"native", native, false}} {
		if got := leftOut("boards/gateway", c.on, false); got != c.stuck {
			t.Errorf("%s: the gateway's own tests are left out: %t", c.name, got)
		}
		if got := strings.Contains(kept("poll/handover", c.on, false), "TestSuccession"); got != c.stuck {
			t.Errorf("%s: the succession is left out: %t", c.name, got)
		}
	}
	for _, dir := range tested {
		root := filepath.Join("../..", strings.TrimSuffix(dir, "/..."))
		if err := filepath.WalkDir(root, restartsIn(t)); err != nil {
			t.Fatal(err)
		}
	}
}

var starts = regexp.MustCompile(`exec\.Command\((os\.Args\[0\]|"/bin/sh",.* os\.Args\[0\])|os\.Executable\(`)

// restartsIn demands a row for the package of each test file that starts its own binary.
func restartsIn(t *testing.T) fs.WalkDirFunc {
	return func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		pkg := strings.TrimPrefix(filepath.Dir(path), "../../")
		if starts.Match(text) && !slices.ContainsFunc(restarting, func(o row) bool { return o.pkg == pkg }) {
			t.Errorf("%s starts its own binary: restarting has no row for %s", path, pkg)
		}
		return err
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

// What a command started ends with it, although it holds files open: the pipe of the sleeper has no writer then.
func TestOutputEndsTheGroup(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pipe.Close() }()
	script := `exec 3>"$0"; sleep 600 >&- 2>&- & exit 3`
	if _, err := output(context.Background(), time.Minute, ".", []string{"sh", "-c", script, name}); err == nil ||
		!strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	if err := pipe.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(pipe); err != nil {
		t.Errorf("the sleeper is left of the group: %v", err)
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
