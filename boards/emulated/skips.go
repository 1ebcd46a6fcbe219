package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// skip is a test that does not run under an emulator. A test that skips without a row here fails, and so does a row
// whose test runs.
type skip struct {
	pkg, test string
	on        func(*target) bool
	why       string
}

func narrow(t *target) bool { return t.bits() == 32 }
func anywhere(*target) bool { return true }

// skips are the tests that skip themselves.
var skips = []skip{
	{"poll/tlsconn", "TestIdleMemory", narrow, "the ceiling counts 64-bit structures"},
	{"webapp/websocket", "TestIdleBytes", narrow, "the ceiling counts 64-bit structures"},
	{"webapp/httpbridge", "TestLinked", anywhere, "it builds programs: the machine that builds tests it"},
}

// outs are tests that the runner keeps from running; test is a regular expression.
var outs = []skip{}

// packages that are left out, with what runs them instead.
var outPackages = map[string]string{
	"webapp/clients": "it needs its server and curl, wrk and ab: make clients",
}

// cuts are the packages that -short leaves out.
var cuts = map[string]string{
	"sio/sim": "the simulation",
}

func leftOut(pkg string, short bool) bool {
	return outPackages[pkg] != "" || short && cuts[pkg] != ""
}

// known tells whether a test may skip.
func known(pkg, test string, t *target) bool {
	return slices.ContainsFunc(skips, func(s skip) bool { return s.pkg == pkg && s.test == test && s.on(t) })
}

// skipped is the regular expression of the tests that do not run.
func skipped(pkg string, t *target, _ bool) string {
	var all []string
	for _, o := range outs {
		if o.pkg == pkg && o.on(t) {
			all = append(all, o.test)
		}
	}
	return strings.Join(all, "|")
}

// stale are the rows of skips whose test did not skip.
func stale(t *target, results []result, _ bool) []string {
	var lines []string
	for _, s := range skips {
		for _, r := range results {
			if r.pkg == s.pkg && s.on(t) && !slices.Contains(r.names, s.test) {
				lines = append(lines, fmt.Sprintf("%s: %s does not skip any more: take its row out of skips.go", s.pkg, s.test))
			}
		}
	}
	return lines
}

var _ = regexp.MustCompile

// tellShort says what -short left out.
func tellShort() {
	fmt.Println("left out here, and part of make test-boards:")
	for pkg, why := range cuts {
		fmt.Printf("  %s: %s\n", pkg, why)
	}
}
