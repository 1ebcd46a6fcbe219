package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// nodeTime is the most that a suite in Node may take.
const nodeTime = 10 * time.Minute

// What the suites write at their end.
var (
	failed  = regexp.MustCompile(`(?m)^failed: .*$`)
	counted = regexp.MustCompile(`(?m)^(\d+) passed, (\d+) failed$`)
)

// smoke is the gateway with stock clients, see smoke.mjs.
func (r *run) smoke(ctx context.Context, t *target, gateway string) result {
	return r.script(ctx, t, "smoke", append([]string{"boards/emulated/smoke.mjs"}, t.emulated(gateway)...))
}

// interop is the suite of make interop, whose server runs under the emulator.
func (r *run) interop(ctx context.Context, t *target, server string) result {
	args := []string{"sio/interop/run.mjs"}
	if r.short {
		args = append(args, "--only", shortInterop)
	}
	return r.script(ctx, t, "interop", append(args, t.emulated(server)...))
}

// script runs one in Node, which ends with the line that counts its cases.
func (r *run) script(ctx context.Context, t *target, name string, args []string) result {
	text, err := output(ctx, nodeTime, r.root, append([]string{r.node}, args...))
	log, e := r.log(t, name, text)
	err = errors.Join(err, e)
	res := result{pkg: name, profile: t.Name}
	m := counted.FindStringSubmatch(text)
	if m != nil {
		res.passed, _ = strconv.Atoi(m[1])
	}
	switch {
	case illegal(text):
		res.wrong = append(res.wrong, "an illegal instruction, see "+log)
	case err != nil:
		res.wrong = append(res.wrong, fmt.Sprintf("%v, see %s", err, log))
		res.wrong = append(res.wrong, failed.FindAllString(text, -1)...)
	case m == nil || res.passed == 0:
		res.wrong = append(res.wrong, "it counts no cases, see "+log)
	}
	return res
}
