package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tested are the packages whose tests run.
var tested = []string{"./poll/...", "./webapp/...", "./eio/...", "./sio/...", "./eos/...", "./boards/gateway"}

// suiteTime is the most that a test binary may take, on a machine that has other things to do.
const suiteTime = 20 * time.Minute

// seeds is how many seeds the simulation runs: the least that it draws conclusions from. make sim has thousands.
const seeds = "SIM_SEEDS=50"

// suite is a package's tests as a binary.
type suite struct {
	pkg, dir, bin string // pkg without the module's path
}

// slowest are the packages that take longest: they start first.
var slowest = []string{"sio/sim", "poll", "webapp/websocket/rfc6455", "sio", "webapp", "boards/gateway", "eio"}

// buildSuites builds the test binaries into a folder for the build; profiles with the same one share them.
func (r *run) buildSuites(ctx context.Context, t *target) ([]suite, error) {
	all, err := r.list(ctx, t)
	if err != nil {
		return nil, err
	}
	// Go writes each binary as the last part of its package's name, so that those of one name go to folders apart.
	groups := map[string][]string{}
	for i := range all {
		base := path.Base(all[i].pkg)
		name := strings.ReplaceAll(strings.Join(t.Build.Env()[1:], ","), "=", "-") // env takes what has a = for a variable
		dir := filepath.Join(r.out, name)
		for slices.ContainsFunc(all[:i], func(s suite) bool { return s.bin == filepath.Join(dir, base+".test") }) {
			dir = filepath.Join(dir, "and")
		}
		all[i].bin = filepath.Join(dir, base+".test")
		groups[dir] = append(groups[dir], "./"+all[i].pkg)
	}
	for dir, pkgs := range groups {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		args := append([]string{"test", "-c", "-vet=off", "-pgo=off", "-ldflags=-s -w", "-o", dir + "/"}, pkgs...)
		if err := r.build(ctx, t.Build, args...); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// list finds the packages with tests.
func (r *run) list(ctx context.Context, t *target) ([]suite, error) {
	args := []string{"list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Module.Path}} {{.Dir}}{{end}}"}
	cmd := exec.CommandContext(ctx, r.goTool, append(args, tested...)...)
	cmd.Dir, cmd.Env = r.root, buildEnv(t.Build)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []suite
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		s := suite{pkg: strings.TrimPrefix(f[0], f[1]+"/"), dir: f[2]}
		if r.only.MatchString(s.pkg) && !leftOut(s.pkg, t, r.short) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no packages")
	}
	rank := func(s suite) int { return (slices.Index(slowest, s.pkg) + len(slowest) + 1) % (len(slowest) + 1) }
	slices.SortStableFunc(all, func(a, b suite) int { return rank(a) - rank(b) })
	return all, nil
}

// suite runs one binary in its package's folder, which has its testdata.
func (r *run) suite(ctx context.Context, t *target, s suite) result {
	line := []string{s.bin, "-test.v", "-test.short", "-test.timeout=" + (suiteTime - 20*time.Second).String()}
	if out := kept(s.pkg, t, r.short); out != "" {
		line = append(line, "-test.skip="+out)
	}
	text, err := output(ctx, suiteTime, s.dir, append([]string{"env", seeds}, t.restarts(line...)...))
	res := read(s.pkg, t, text)
	switch log, e := r.log(t, s.pkg, text); {
	case err != nil || e != nil:
		res.wrong = append(res.wrong, fmt.Sprintf("%v, see %s", errors.Join(err, e), log))
	case res.passed == 0:
		res.wrong = append(res.wrong, "no test ran, see "+log)
	}
	return res
}

// log keeps what a job wrote.
func (r *run) log(t *target, name, text string) (string, error) {
	path := filepath.Join(r.out, t.Name, strings.ReplaceAll(name, "/", "_")+".log")
	return path, os.WriteFile(path, []byte(text), 0o644)
}
