package main

import (
	"slices"

	"github.com/edgesio/edgesio/boards"
)

// target is one compilation, for the boards that share it.
type target struct {
	build boards.Build
	names []string // of the boards
	env   []string // what the Go command is told, beside the arguments
	args  []string // of go build
	file  string   // where the program was put
	bill  []byte   // its bill of materials, if it has one
}

// targetsOf gives the compilations of the profiles, in their order.
func targetsOf(profiles []boards.Profile, version string) []*target {
	var targets []*target
	for _, p := range profiles {
		at := slices.IndexFunc(targets, func(t *target) bool { return t.build == p.Build })
		if at < 0 {
			at = len(targets)
			targets = append(targets, &target{build: p.Build, env: p.Build.Env(), args: arguments(version)})
		}
		if t := targets[at]; !slices.Contains(t.names, p.Name) {
			t.names = append(t.names, p.Name)
		}
	}
	return targets
}

// arguments of go build. No symbol tables: a panic's stack comes from the tables of the runtime, which stay. No build
// id and no mark of the version control system: they differ between a clone, an archive and a copy with the same
// sources. main.version is what tells them apart; a program without that variable does without it.
func arguments(version string) []string {
	return []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid= -X main.version=" + version}
}
