package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/edgesio/edgesio/boards"
	"github.com/edgesio/edgesio/boards/compile"
	"github.com/edgesio/edgesio/boards/trim"
)

// target is one compilation, for the boards that share it.
type target struct {
	build boards.Build
	names []string // of the boards, or with withoutTLS behind them
	env   []string // what the Go command is told, beside the arguments
	args  []string // of go build
	tags  string   // of go build and go list
	trim  bool     // without the tables that only people read: see package trim
	file  string   // where the program was put
	lines string   // where the program is as it was linked, when that is another one
	bill  []byte   // its bill of materials, if it has one
}

// withoutTLS behind a board's name means its program without TLS, for a box whose proxy speaks it: a quarter smaller.
const withoutTLS = "-notls"

// targetsOf gives the compilations of the profiles, in their order.
func targetsOf(profiles []boards.Profile, version string) []*target {
	var targets []*target
	for _, p := range profiles {
		made := newTarget(p.Build, version)
		if strings.HasSuffix(p.Name, withoutTLS) {
			made.tags += ",notls"
		}
		at := slices.IndexFunc(targets, func(t *target) bool { return t.build == p.Build && t.tags == made.tags })
		if at < 0 {
			at = len(targets)
			targets = append(targets, made)
		}
		if t := targets[at]; !slices.Contains(t.names, p.Name) {
			t.names = append(t.names, p.Name)
		}
	}
	return targets
}

// compile builds the program. With a release of Go whose tables package trim does not know it is larger, which is
// told.
func (t *target) compile(tool *toolchain, pkg string) error {
	if !t.trim {
		return tool.build(t, pkg, t.file)
	}
	whole := t.file + ".lines"
	if err := tool.build(t, pkg, whole); err != nil {
		return err
	}
	err := trim.File(t.file, whole)
	if errors.Is(err, trim.ErrRelease) {
		fmt.Println("it is not trimmed:", err)
		return os.Rename(whole, t.file)
	}
	t.lines = whole
	return err
}

// newTarget gives the compilation for a build. No symbol tables: a panic's stack comes from the tables of the runtime,
// which stay, or which package trim makes shorter. No build id and no mark of the version control system: they differ
// between a clone, an archive and a copy with the same sources. main.version is what tells them apart; a program
// without that variable does without it. What package compile adds is for boards with little flash.
func newTarget(b boards.Build, version string) *target {
	add := compile.For(b.GOARCH)
	link := strings.TrimSpace("-s -w -buildid= -X main.version=" + version + " " + add.Linker)
	t := &target{build: b, env: append(b.Env(), add.Environ...), trim: add.Trim}
	t.args = append([]string{"-trimpath", "-buildvcs=false", "-ldflags=" + link}, add.Flags...)
	t.tags = "-tags=" + strings.Join(add.Tags, ",")
	return t
}
