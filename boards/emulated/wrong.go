package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgesio/edgesio/boards"
)

// wrong shows that the emulator has the board's CPU and no better one: a program built for a better one must die of an
// illegal instruction, and the same program built right must not.
func (r *run) wrong(ctx context.Context, t *target) error {
	if t.Wrong == (boards.Build{}) || t.Emulator == "" {
		return errNotHere
	}
	for _, c := range []struct {
		name  string
		build boards.Build
		dies  bool
	}{{"right", t.Build, false}, {"wrong", t.Wrong, true}} {
		bin := filepath.Join(r.out, t.Name, "probe-"+c.name)
		if err := r.build(ctx, c.build, "build", "-pgo=off", "-o", bin, "./boards/emulated/probe"); err != nil {
			return err
		}
		out, err := probe(ctx, t, bin)
		died := err != nil && illegal(err.Error()+"\n"+out)
		switch {
		case !c.dies && (err != nil || !strings.HasPrefix(out, "alive ")):
			return fmt.Errorf("the right build does not run: %w\n%s", err, out)
		case c.dies && !died:
			return fmt.Errorf("%s: %s must be an illegal instruction, but it says: %v\n%s",
				t, strings.Join(c.build.Env(), " "), err, out)
		case c.dies:
			fmt.Printf("ok   %-10s %s is refused: illegal instruction\n", t.Name, strings.Join(c.build.Env()[1:], " "))
		}
	}
	return nil
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

// probe runs a binary under the target's CPU.
func probe(ctx context.Context, t *target, bin string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	line := t.emulated(bin)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil {
		err = errors.Join(err, ctx.Err())
	}
	return out.String(), err
}
