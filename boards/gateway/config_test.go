package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/edgesio/edgesio/boards"
	"github.com/edgesio/edgesio/boards/gateway/settings"
)

var updateDocs = flag.Bool("update", false, "write settings.md")

// smallBoard is a board of 64 MB.
func smallBoard() fstest.MapFS {
	return files("proc/device-tree/model", "TP-Link Archer C7 v2\x00", "proc/meminfo", meminfo64,
		"proc/cpuinfo", "processor\t: 0\n")
}

func loaded(t *testing.T, environment []string, args ...string) *config {
	t.Helper()
	c, err := load(args, environment, smallBoard())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func confFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gateway.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Default, profile, file, environment, flag: the later one wins.
func TestSourcesOfSettings(t *testing.T) {
	path := confFile(t, "max-conns 20\nhandshakes 20\nevents-per-client 20\n")
	profile := []string{"-profile", "ath79"}
	withFile := append([]string{"-config", path}, profile...)
	variables := []string{"EDGESIO_HANDSHAKES=30", "EDGESIO_EVENTS_PER_CLIENT=30", "PATH=/bin"}
	for name, v := range map[string]struct {
		c    *config
		want [3]int
		from string
	}{
		"default":     {loaded(t, nil, "-profile", "none"), [3]int{2000, 100, 500}, "default default default"},
		"profile":     {loaded(t, nil, profile...), [3]int{1000, 100, 500}, "profile ath79 default default"},
		"file":        {loaded(t, nil, withFile...), [3]int{20, 20, 20}, "file:1 file:2 file:3"},
		"environment": {loaded(t, variables, withFile...), [3]int{20, 30, 30}, "file:1 environment environment"},
		"flag": {loaded(t, variables, append(withFile, "-events-per-client=40")...), [3]int{20, 30, 40},
			"file:1 environment flag"},
		"file of a variable": {loaded(t, []string{"EDGESIO_CONFIG=" + path}), [3]int{20, 20, 20}, "file:1 file:2 file:3"},
		"profile of the file": {loaded(t, nil, "-config", confFile(t, "profile ath79\n")), [3]int{1000, 100, 500},
			"profile ath79 default default"},
		"TLS": {loaded(t, nil, "-profile", "ath79", "-tls-cert", "a", "-tls-key", "b"), [3]int{250, 100, 500},
			"profile ath79 default default"},
	} {
		var from []string
		for _, s := range []string{"max-conns", "handshakes", "events-per-client"} {
			from = append(from, v.c.table.Find(s).From())
		}
		got := [3]int{v.c.maxConns, v.c.handshakes, v.c.events}
		if got != v.want || strings.Join(from, " ") != v.from {
			t.Errorf("%s: %v from %s", name, got, from)
		}
	}
}

// What cannot be is told with its place.
func TestWrongSettings(t *testing.T) {
	for _, v := range []struct {
		file, variable string
		args           []string
		says           string
	}{
		{file: "max-conns 0\n", says: "gateway.conf:1:11: want a number from 1 to"},
		{file: "maxconns 5\n", says: `gateway.conf:1:1: unknown setting "maxconns"`},
		{file: "\nprofile pi\n", says: "gateway.conf:2:9: want auto, none, rpi-zero, "},
		{file: "listen 8000\n", says: "gateway.conf:1:8: "},
		{file: "metrics :99999\n", says: "gateway.conf:1:9: "},
		{file: "config x\n", says: "cannot stand in the file"},
		{file: "tls-cert a\n", says: "tls-cert and tls-key go together"},
		{file: "output-soft 8M\n", says: "output-soft is more than output-hard"},
		{file: "max-payload 4M\n", says: "output-hard is less than two messages of max-payload"},
		{variable: "EDGESIO_MAXCONNS=1", says: "EDGESIO_MAXCONNS: the environment has a variable that is no setting"},
		{variable: "EDGESIO_DRAIN=1", says: "EDGESIO_DRAIN: want a time"},
		{args: []string{"-config", "/nonexistent"}, says: "/nonexistent"},
		{args: []string{"-socket-buffers", "64KB"}, says: "-socket-buffers: "},
	} {
		args := v.args
		if v.file != "" {
			args = append(args, "-config", confFile(t, v.file))
		}
		if _, err := load(args, []string{v.variable}, smallBoard()); err == nil || !strings.Contains(err.Error(), v.says) {
			t.Errorf("%+v: %v", v, err)
		}
	}
}

// What -print shows is a file that gives the same settings, for each profile and for values that stand in quotes.
func TestPrintIsAFile(t *testing.T) {
	variants := [][]string{{"-name", `my "app" # \1`, "-memory", "off", "-log", "WARN", "-watchdog", "0",
		"-handshakes", "-1", "-events-per-client", "off",
		"-bytes-per-client", "off", "-admin", "development", "-metrics", "127.0.0.1:9"}}
	for _, name := range profileNames() {
		variants = append(variants, []string{"-profile", name})
	}
	for _, args := range variants {
		c := loaded(t, nil, args...)
		again := loaded(t, nil, "-config", confFile(t, string(c.printed())))
		var from []string
		for i := range c.table.Settings {
			if s := &again.table.Settings[i]; !s.Outer && !strings.HasPrefix(s.From(), "file:") {
				from = append(from, s.Name)
			}
		}
		if from != nil {
			t.Errorf("%v: not printed are %v", args, from)
		}
		shown := again.printed()
		again.file, again.table, c.table = "", nil, nil
		if !reflect.DeepEqual(c, again) {
			t.Errorf("%v:\n%+v\nis printed as\n%s\n%+v", args, c, shown, again)
		}
	}
}

// Secrets are in files: neither they nor what the program made up is printed.
func TestPrintHasNoSecrets(t *testing.T) {
	c := loaded(t, nil, "-key", keyFile(t, []byte(strings.Repeat("hidden", 10))))
	c.before = secrets{Key: []byte("hidden"), Users: "hidden"}
	if b := string(c.printed()); strings.Contains(b, "hidden") {
		t.Error(b)
	}
}

// The profile of the machine is taken unless another one is named, and fits its memory.
func TestDetectedProfile(t *testing.T) {
	c := loaded(t, nil)
	if c.board.Name == "" || c.maxConns != c.board.MaxConns || c.maxConns > 2000 {
		t.Errorf("%+v", c.board)
	}
	if p, _ := boards.ByName("rpi5"); loaded(t, nil, "-profile", "rpi5").maxConns != p.MaxConns {
		t.Error("rpi5 is not taken")
	}
	root := smallBoard()
	root["proc/self/cgroup"] = &fstest.MapFile{Data: []byte(inV2)}
	root["proc/meminfo"] = &fstest.MapFile{Data: []byte("MemTotal: 8000000 kB\n")}
	large := chooseProfile(autoProfile, root)
	root["sys/fs/cgroup/memory.max"] = &fstest.MapFile{Data: []byte("67108864\n")}
	if small := chooseProfile(autoProfile, root); small.MaxConns >= large.MaxConns {
		t.Errorf("a container of 64 MB on a large machine: %d connections", small.MaxConns)
	}
	for _, p := range boards.Profiles() {
		for _, tls := range []bool{false, true} {
			c := new(config)
			c.bind()
			if err := c.table.Apply(profileSettings(p, tls)); err != nil || c.check() != nil {
				t.Errorf("%s: %v, %v", p.Name, err, c.check())
			}
		}
	}
}

// Each connection needs a descriptor.
func TestConnsFitDescriptors(t *testing.T) {
	for _, v := range []struct {
		conns int
		limit uint64
		want  int
	}{{2000, 1 << 20, 2000}, {2000, 2064, 2000}, {2000, 2063, 1999}, {2000, 1024, 960}, {2000, 64, 48}, {10, 64, 10},
		{0, 10, 0}, {1 << 20, math.MaxUint64, 1 << 20}} {
		c := defaults()
		c.maxConns = v.conns
		if got := c.conns(v.limit); got != v.want {
			t.Errorf("%d with %d descriptors: %d, want %d", v.conns, v.limit, got, v.want)
		}
	}
	if n := descriptorLimit(); n < 8 {
		t.Error(n)
	}
}

// A class of 40 with two tabs each, on boards from 64 MB on, and an office of 300 people from 128 MB on come from one
// address: each tab has one connection for good, and for its page a few more.
func TestPeopleBehindOneAddress(t *testing.T) {
	for _, v := range []struct {
		ram            int64
		tls            bool
		people, things int
	}{{64, false, 40, 2 * 4}, {128, false, 300, 4}, {64, true, 40, 2 * 2}, {128, true, 300, 1}, {512, true, 300, 4}} {
		c := new(config)
		c.bind()
		p, _ := boards.ByName("ath79")
		if err := c.table.Apply(profileSettings(p.Fit(v.ram<<20), v.tls)); err != nil {
			t.Fatal(err)
		}
		if got := c.perAddress(c.maxConns); got < v.people*v.things || got >= c.maxConns ||
			c.handshakesPerAddress < v.people {
			t.Errorf("%+v: %d connections of %d, %d handshakes", v, got, c.maxConns, c.handshakesPerAddress)
		}
		if c.connsPerAddress = -1; c.perAddress(c.maxConns) != -1 {
			t.Error("off is a limit")
		}
	}
}

// The help text has every setting and no line that is too wide.
func TestUsage(t *testing.T) {
	c := defaults()
	text := c.usage()
	for i := range c.table.Settings {
		if name := c.table.Settings[i].Name; !strings.Contains(text, "\n  -"+name+" ") {
			t.Errorf("-%s is missing", name)
		}
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// settings.md is the table for people; go test ./boards/gateway -run TestSettingsPage -update writes it.
func TestSettingsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Settings of the gateway\n\nMade from table.go by a test. What a profile sets depends on the board: " +
		"`gateway -print` shows what is in force.\n\n" +
		"| setting | default | changes | variable | meaning |\n|---|---|---|---|---|\n")
	table := defaults().table
	for _, s := range table.Settings {
		def := s.Def
		if def == "" {
			def = "-"
		}
		change := map[settings.Change]string{live: "SIGHUP", replace: "SIGUSR2", restart: "restart"}[s.Change]
		fmt.Fprintf(&b, "| `%s` %s | %s | %s | `%s` | %s |\n", s.Name, s.Unit, def, change, "EDGESIO_"+
			strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_")), s.Doc)
	}
	b.WriteString("\nFlags without a value, one at a time, that do something else than to serve:\n\n" +
		"| flag | meaning |\n|---|---|\n")
	for _, s := range table.Switches {
		fmt.Fprintf(&b, "| `-%s` | %s |\n", s.Name, s.Doc)
	}
	if *updateDocs {
		if err := os.WriteFile("settings.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, _ := os.ReadFile("settings.md"); string(have) != b.String() {
		t.Error("settings.md is not what table.go says: run with -update")
	}
}
