package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// toolchain is the Go command and the tree that it builds.
type toolchain struct {
	root     string // of the main module
	goroot   string
	modcache string
	cache    string   // GOCACHE
	env      []string // what it runs with, without a target
}

// kept are the variables of go env that say where things come from and lie. All others would change what comes out.
var kept = []string{
	"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS",
	"GOAUTH", "GOTOOLCHAIN",
}

// newToolchain asks the Go command of the PATH, which is the one that runs this program under go run.
func newToolchain() (*toolchain, error) {
	ask := exec.Command("go", append([]string{"env", "-json", "GOROOT", "GOMOD"}, kept...)...)
	ask.Env = append(os.Environ(), "GO111MODULE=", "GOWORK=off", "GOFLAGS=") // which may hide the project
	out, err := output(ask)
	if err != nil {
		return nil, err
	}
	var v map[string]string
	if err := json.Unmarshal(out, &v); err != nil {
		return nil, err
	}
	if filepath.Base(v["GOMOD"]) != "go.mod" {
		return nil, errors.New("run it in the project's folder")
	}
	t := &toolchain{
		root: filepath.Dir(v["GOMOD"]), goroot: v["GOROOT"], modcache: v["GOMODCACHE"],
		cache: v["GOCACHE"],
	}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if slices.Contains([]string{"GOMAXPROCS", "GOGC", "GOMEMLIMIT"}, name) || !strings.HasPrefix(name, "GO") {
			t.env = append(t.env, pair)
		}
	}
	t.env = append(t.env, "GOENV=off", "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	for _, name := range kept {
		t.env = append(t.env, name+"="+v[name])
	}
	return t, nil
}

// places are the folders that no program may name.
func (t *toolchain) places() []string {
	home, _ := os.UserHomeDir()
	return []string{t.root, t.goroot, t.modcache, t.cache, home}
}

// path is a path of the command line, which is below the project's folder when it is relative.
func (t *toolchain) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(t.root, name)
}

// build compiles pkg for a target into the file out.
func (t *toolchain) build(to *target, pkg, out string) error {
	_, err := output(t.command(to, append(append([]string{"build", to.tags}, to.args...), "-o", out, pkg)...))
	return err
}

// command is the Go command in the tree, with nothing but what the target says.
func (t *toolchain) command(to *target, args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = t.root
	cmd.Env = append(slices.Clone(t.env), "PWD="+t.root)
	if to != nil {
		cmd.Env = append(cmd.Env, to.env...)
	}
	return cmd
}

// pack is a package as go list tells of it.
type pack struct {
	Dir, ImportPath     string
	Standard            bool
	Imports, EmbedFiles []string
	Module              *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// list gives pkg and all that it is built of.
func (t *toolchain) list(to *target, pkg string) ([]pack, error) {
	const fields = "-json=Dir,ImportPath,Standard,Imports,EmbedFiles,Module"
	out, err := output(t.command(to, "list", to.tags, "-deps", fields, pkg))
	if err != nil {
		return nil, err
	}
	var all []pack
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pack
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// bundled tells whether the browser client is here; without it a program would build and be incomplete.
func (t *toolchain) bundled() error {
	if _, err := os.Stat(filepath.Join(t.root, "sio/dist/VERSION")); err != nil {
		return errors.New("the browser client is not here: run make bundle first")
	}
	return nil
}

// output runs a command; its error is what the command said.
func output(cmd *exec.Cmd) ([]byte, error) {
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", cmd.Args[0], cmd.Args[1], err, bytes.TrimSpace(said.Bytes()))
	}
	return out.Bytes(), nil
}
