package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgesio/edgesio/boards"
)

// alsoWrong are further builds that a CPU must refuse, beside Profile.Wrong.
var alsoWrong = map[string][]boards.Build{
	"arm926":     {{GOOS: "linux", GOARCH: "arm", GOARM: "6"}},
	"cortex-a53": {{GOOS: "linux", GOARCH: "arm64", GOARM64: "v8.1"}},
	"cortex-a72": {{GOOS: "linux", GOARCH: "arm64", GOARM64: "v8.1"}},
}

// wrongBuilds are all that the target's CPU must refuse.
func (t *target) wrongBuilds() []boards.Build {
	var all []boards.Build
	if t.Wrong != (boards.Build{}) {
		all = append(all, t.Wrong)
	}
	return append(all, alsoWrong[t.CPU]...)
}

// wrong shows that the emulator has the board's CPU and no better one: a program built for a better one must die of an
// illegal instruction, and the same program built right must not.
func (r *run) wrong(ctx context.Context, t *target) result {
	res := result{pkg: "wrong", profile: t.Name}
	for i, build := range append([]boards.Build{t.Build}, t.wrongBuilds()...) {
		bin := filepath.Join(r.out, t.Name, fmt.Sprint("probe-", i))
		if err := r.build(ctx, build, "build", "-pgo=off", "-o", bin, "./boards/emulated/probe"); err != nil {
			res.wrong = append(res.wrong, err.Error())
			return res
		}
		out, err := output(ctx, time.Minute, r.root, t.emulated(bin))
		name := strings.Join(build.Env()[1:], " ")
		switch right := i == 0; {
		case right && (err != nil || !strings.HasPrefix(out, "alive ")):
			res.wrong = append(res.wrong, fmt.Sprintf("%s, the right build, does not run: %v %s", name, err, out))
		case !right && (err == nil || !illegal(err.Error()+"\n"+out)):
			res.wrong = append(res.wrong, fmt.Sprintf("%s must be an illegal instruction, but: %v %s", name, err, out))
		default:
			res.passed++
			if !right {
				res.notes = append(res.notes, name+" is refused")
			}
		}
	}
	return res
}

// illegal tells whether a process ended by SIGILL: qemu's words, the Go runtime's, or the system's.
func illegal(text string) bool {
	for _, w := range []string{"target signal 4 (Illegal instruction)", "SIGILL: illegal instruction",
		"signal: illegal instruction"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
