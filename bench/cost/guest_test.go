package cost

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// counts are what the plugin tells of a run.
type counts struct {
	instructions, soft int
	calls              map[int]int // by the number that the architecture gives the call
}

// workshop has the plugin and the programs of this run.
type workshop struct {
	dir    string
	plugin string
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{dir: t.TempDir()}
	w.plugin = filepath.Join(w.dir, "plugin.so")
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "gcc"
	}
	compile := exec.Command(cc, "-Wall", "-O2", "-shared", "-fPIC", "-o", w.plugin, "plugin/plugin.c")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return w
}

// build makes a program of the module for a board.
func (w *workshop) build(t *testing.T, b board, path string) (program string) {
	t.Helper()
	program = filepath.Join(w.dir, filepath.Base(path)+"-"+b.name)
	cmd := exec.Command("go", "build", "-pgo=off", "-trimpath", "-o", program, path)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+b.arch, b.flag)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", b.name, err, out)
	}
	return program
}

// command is the program under the emulator; what was counted is in the file when it has ended. The plugin is told
// where the arithmetic of the soft float is.
func (w *workshop) command(t *testing.T, b board, program string, args ...string) (cmd *exec.Cmd, told string) {
	t.Helper()
	f, err := os.CreateTemp(w.dir, "counts")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	plugin := w.plugin + ",out=" + f.Name()
	for _, r := range softRanges(t, program) {
		plugin += fmt.Sprintf(",soft=%x-%x", r[0], r[1])
	}
	cmd = exec.Command(b.emulator, append([]string{"-cpu", b.cpu, "-plugin", plugin, program}, args...)...)
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=1", "GOGC=off")
	return cmd, f.Name()
}

// run is a run of bench/instructions.
func (w *workshop) run(t *testing.T, b board, program string, args ...string) (c counts, output string) {
	t.Helper()
	cmd, told := w.command(t, b, program, args...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %v: %s", b.name, args, err, log.String())
	}
	return readCounts(t, told), out.String()
}

func readCounts(t *testing.T, path string) counts {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := counts{calls: make(map[int]int)}
	for line := range strings.Lines(string(text)) {
		var number, n int
		if m, _ := fmt.Sscanf(line, "call %d %d", &number, &n); m == 2 {
			c.calls[number] = n
		} else if m, _ := fmt.Sscanf(line, "instructions %d", &n); m == 1 {
			c.instructions = n
		} else if m, _ := fmt.Sscanf(line, "soft %d", &n); m == 1 {
			c.soft = n
		}
	}
	if c.instructions == 0 {
		t.Fatalf("the plugin tells nothing: %q", text)
	}
	return c
}

func (c counts) minus(d counts) counts {
	calls := make(map[int]int)
	for number, n := range c.calls {
		calls[number] = n - d.calls[number]
	}
	return counts{c.instructions - d.instructions, c.soft - d.soft, calls}
}

var ranges sync.Map // program: [][2]uint64

// softRanges is where a program has the functions of the runtime's softfloat64.go, which every operation on floating
// point calls where the processor has none; runs of neighbours are one.
func softRanges(t *testing.T, program string) [][2]uint64 {
	t.Helper()
	if known, ok := ranges.Load(program); ok {
		return known.([][2]uint64)
	}
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	section := f.Section(".gopclntab")
	if section == nil {
		t.Fatalf("%s has no table of functions", program)
	}
	data, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, f.Section(".text").Addr))
	if err != nil {
		t.Fatal(err)
	}
	var found [][2]uint64
	for i := range table.Funcs {
		fn := &table.Funcs[i]
		if file, _, _ := table.PCToLine(fn.Entry); !strings.HasSuffix(file, "runtime/softfloat64.go") {
			continue
		}
		if n := len(found); n > 0 && found[n-1][1] == fn.Entry {
			found[n-1][1] = fn.End
		} else {
			found = append(found, [2]uint64{fn.Entry, fn.End})
		}
	}
	slices.SortFunc(found, func(a, b [2]uint64) int { return int(int64(a[0]) - int64(b[0])) })
	ranges.Store(program, found)
	return found
}
