package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/boards"
	"github.com/edgesio/edgesio/boards/results"
)

func TestTargetsShareCompilations(t *testing.T) {
	all := boards.Profiles()
	var told []string
	builds := make(map[boards.Build]bool)
	for _, target := range targetsOf(append(all, all...), "1") {
		if builds[target.build] {
			t.Errorf("%v is built twice", target.build)
		}
		builds[target.build] = true
		told = append(told, target.names...)
		if slices.Contains(target.names, "rpi2") != slices.Contains(target.names, "edgeros") {
			t.Errorf("rpi2 and edgeros are the same build, and not of one target: %q", target.names)
		}
	}
	slices.Sort(told)
	want := names(all)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("the targets are for %q, the boards are %q", told, want)
	}
	for _, p := range all {
		if _, ok := cpus[p.Build.GOARCH]; !ok {
			t.Errorf("%s: cpus has no row for %s", p.Name, p.Build.GOARCH)
		}
	}
}

func TestWithoutTLS(t *testing.T) {
	profiles, err := choose([]string{"ramips", "ramips-notls", "all"})
	if err != nil || len(profiles) != 1+len(boards.Profiles()) {
		t.Fatalf("%d, %v", len(profiles), err)
	}
	of := func(name string) *target {
		targets := targetsOf(profiles, "1")
		return targets[slices.IndexFunc(targets, func(t *target) bool { return slices.Contains(t.names, name) })]
	}
	with, without := of("ramips"), of("ramips-notls")
	if !slices.Equal(without.names, []string{"ramips-notls"}) || without.tags != with.tags+",notls" ||
		slices.Contains(with.names, "ramips-notls") || !slices.Equal(with.args, without.args) {
		t.Errorf("%q: %s, and %q: %s", with.names, with.tags, without.names, without.tags)
	}
	if _, err := choose([]string{"none-notls"}); err == nil {
		t.Error("a board that there is not")
	}
}

func TestChoose(t *testing.T) {
	if _, err := choose([]string{"rpi-zero", "rpi-one"}); err == nil || !strings.Contains(err.Error(), `"rpi-one"`) ||
		!strings.Contains(err.Error(), strings.Join(names(boards.Profiles()), ", ")) {
		t.Errorf("an unknown board is answered with %v, without the names of those that are known", err)
	}
	if _, err := choose(nil); err == nil {
		t.Error("no board at all is taken for something")
	}
	if got, err := choose([]string{"ath79", "rpi5"}); err != nil || len(got) != 2 || got[1].Name != "rpi5" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := choose([]string{"ath79", "all"}); err != nil || len(got) != len(boards.Profiles()) {
		t.Errorf("all is %v, %v", got, err)
	}
}

// What somebody has set for other work does not change what is built.
func TestEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"GOFLAGS": "-tags=other", "GOARM": "5", "GOEXPERIMENT": "fieldtrack", "GOAMD64": "v3", "CGO_ENABLED": "1",
		"GOWORK": "/elsewhere/go.work", "GO111MODULE": "off", "GOOS": "plan9", "GODEBUG": "gctrace=1",
	} {
		t.Setenv(name, value)
	}
	tool, err := newToolchain()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, pair := range tool.command(newTarget(buildOf(t, "rpi-zero"), "1"), "version").Env {
		name, value, _ := strings.Cut(pair, "=")
		got[name] = value // the last one counts, as for os/exec
	}
	for name, want := range map[string]string{
		"GOFLAGS": "", "GOARM": "6", "GOEXPERIMENT": "", "GOAMD64": "", "CGO_ENABLED": "0", "GOWORK": "off",
		"GO111MODULE": "", "GOOS": "linux", "GOARCH": "arm", "GOENV": "off", "GODEBUG": "", "GOMODCACHE": tool.modcache,
		"PATH": os.Getenv("PATH"),
	} {
		if got[name] != want {
			t.Errorf("%s is %q, not %q", name, got[name], want)
		}
	}
}

func TestPlace(t *testing.T) {
	out, work := t.TempDir(), t.TempDir()
	write(t, work, "0", "program")
	write(t, out, "rpi2/gateway", "older")
	write(t, out, "rpi2/sbom.cdx.json", "of the older one")
	write(t, out, "ath79/gateway", "built before")
	write(t, out, "README", "not a board's")
	target := &target{file: filepath.Join(work, "0")}
	if err := target.place(filepath.Join(out, "rpi2")); err != nil {
		t.Fatal(err)
	}
	target.bill = []byte("bill")
	if err := target.place(filepath.Join(out, "edgeros")); err != nil {
		t.Fatal(err)
	}
	if err := writeSums(out); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(out, results.SumsName))
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, f := range [][2]string{
		{"ath79/gateway", "built before"}, {"edgeros/gateway", "program"}, {"edgeros/sbom.cdx.json", "bill"},
		{"rpi2/gateway", "program"},
	} {
		want += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(f[1])), f[0])
	}
	if string(got) != want {
		t.Errorf("%s has\n%swant\n%s", results.SumsName, got, want)
	}
}

// A copy has the sources and nothing of what tools bring.
func TestCopyTree(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "deep", "copy")
	sources := []string{"go.mod", "sio/a.go", "sio/bundle/.npmrc", "sio/dist/.gitignore", ".gitattributes"}
	brought := []string{".git", ".build/boards/x", "sio/bundle/node_modules/ms/index.js", "sio/dist/VERSION"}
	for _, name := range append(brought, sources...) {
		write(t, from, name, name)
	}
	write(t, from, "sio/dist/.gitignore", "*\n!.gitignore\n")
	if err := os.Symlink(from, filepath.Join(from, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(from, "sio/a.go"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := copyTree(from, to); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(to, path)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	})
	slices.Sort(sources)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, sources) {
		t.Errorf("the copy has %q, %v; want %q", got, err, sources)
	}
	if info, err := os.Stat(filepath.Join(to, "sio/a.go")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
}

// The whole of a second build, with a program that takes seconds: another folder, nothing in the cache.
func TestAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the runtime from nothing")
	}
	first := smallTree(t)
	one := newTarget(buildOf(t, "x86-64"), "1")
	one.compiled(t, first, ".")
	second := *first
	second.root = filepath.Join(t.TempDir(), "a", "folder", "elsewhere")
	if err := copyTree(first.root, second.root); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "work")
	if err := one.sameAgain(&second, options{pkg: "."}, dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the second build's cache is left behind")
	}
}

// A crash can be told by lines for what was built here, and was trimmed.
func TestTraced(t *testing.T) {
	small, _ := boards.ByName("ramips")
	large, _ := boards.ByName("rpi3")
	for _, target := range targetsOf([]boards.Profile{small, large}, "1") {
		if target.trim != slices.Contains(target.names, "ramips") {
			t.Errorf("%q: trimmed: %v", target.names, target.trim)
		}
	}
	o := options{out: t.TempDir(), profiles: []boards.Profile{small, large}}
	if err := traced(o); err == nil {
		t.Error("of two boards")
	}
	o.profiles = o.profiles[:1]
	if err := traced(o); err == nil || !strings.Contains(err.Error(), "not built here") {
		t.Errorf("not built: %v", err)
	}
	made := &target{file: filepath.Join(o.out, "made"), lines: filepath.Join(o.out, "made.lines")}
	for _, name := range []string{made.file, made.lines} {
		if err := os.WriteFile(name, []byte(filepath.Base(name)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := made.place(filepath.Join(o.out, "ramips")); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(o.out, "ramips", linesFile)); string(b) != "made.lines" {
		t.Errorf("the lines are %q", b)
	}
	if err := traced(o); err == nil || strings.Contains(err.Error(), "not built here") {
		t.Errorf("lines that are no program: %v", err)
	}
}
