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
			targets = append(targets, &target{build: p.Build, env: p.Build.Env(), args: arguments(p.Build, version)})
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
func arguments(b boards.Build, version string) []string {
	link := "-s -w -buildid= -X main.version=" + version
	if b.GOARCH == "mips" || b.GOARCH == "mipsle" {
		// Segments begin at 64 KiB in the file, too, for kernels whose pages are as large. Those of these CPUs have 4, or
		// 16: 33 kB less on a board with 8 MB of flash. For 4 KiB alone it were another 12.
		link += " -R=16384"
	}
	args := []string{"-trimpath", "-buildvcs=false", "-ldflags=" + link, tags}
	for _, path := range cold {
		args = append(args, "-gcflags="+path+"=-l")
	}
	return args
}

// tags leave out what a board does without: the source maps of the browser client, 170 kB.
const tags = "-tags=nosourcemaps"

// cold are packages of the standard library that no message passes through, or that wait for something slow when one
// does. Compiled without inlining they are 330 kB smaller on mipsle. Cryptography's arithmetic is not among them.
var cold = []string{
	"context", "crypto/tls", "crypto/x509/...", "encoding/asn1", "encoding/json", "encoding/pem", "flag", "fmt",
	"html/...", "io/...", "log/...", "math/big", "mime/...", "net", "os/...", "path/...", "regexp/...", "text/...",
	"vendor/...",
}
