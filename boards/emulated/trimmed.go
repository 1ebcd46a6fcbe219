package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgesio/edgesio/boards"
	"github.com/edgesio/edgesio/boards/compile"
	"github.com/edgesio/edgesio/boards/trim"
)

// trimmed shows that package trim knows the tables of the target's programs: one that makes the runtime read all that
// it reads says the same before and after, and where it crashes can be told.
func (r *run) trimmed(ctx context.Context, t *target) result {
	res := result{pkg: "trimmed", profile: t.Name}
	fail := func(what string, err error, out string) result {
		if err != nil {
			what += ": " + err.Error()
		}
		res.wrong = append(res.wrong, what+"\n"+out)
		return res
	}
	bin := filepath.Join(r.out, t.Name, "stress")
	lines := bin + ".lines"
	err := r.build(ctx, t.Build, "build", "-ldflags=-s -w", "-o", lines, "./boards/trim/testdata/stress")
	if err != nil {
		return fail("build", err, "")
	}
	want, err := output(ctx, time.Minute, r.root, t.emulated(lines))
	if err != nil {
		return fail("the whole program", err, want)
	}
	if err := trim.File(bin, lines); err != nil {
		return fail("trim", err, "")
	}
	if got, err := output(ctx, time.Minute, r.root, t.emulated(bin)); err != nil || got != want {
		return fail("trimmed", err, got+"\nand the whole program:\n"+want)
	}
	res.passed++
	crash, err := output(ctx, time.Minute, r.root, append(t.emulated(bin), "index"))
	if err == nil {
		return fail("it does not crash", nil, crash)
	}
	whole, err := os.ReadFile(lines)
	if err != nil {
		return fail("lines", err, "")
	}
	var told bytes.Buffer
	err = trim.Trace(&told, strings.NewReader(crash), whole)
	if err != nil || strings.Contains(told.String(), "?:0") || !strings.Contains(told.String(), "stress/main.go:") {
		return fail("trace", err, crash+"\nwith lines:\n"+told.String())
	}
	res.passed++
	return res
}

// asForBoards builds a program, trimmed where make boards does that.
func (r *run) asForBoards(ctx context.Context, b boards.Build, bin, pkg string) (string, error) {
	to, trims := bin, compile.For(b.GOARCH).Trim
	if trims {
		to += ".lines"
	}
	if err := r.build(ctx, b, "build", "-ldflags=-s -w", "-pgo=off", "-o", to, pkg); err != nil || !trims {
		return bin, err
	}
	return bin, trim.File(bin, to)
}
