// Build makes the gateway for boards:
//
//	go run ./boards/build [flags] all|NAME...
//
// Every board of package boards gets OUT/NAME/gateway: static, stripped, without a path of the machine that built it,
// and the same bytes wherever it is built, given the same sources, browser client, version and release of Go. Boards
// with the same build share one compilation. NAME-notls is a board's program without TLS. OUT/SHA256SUMS has what lies
// there, for sha256sum -c.
//
// What the compiler is told is in target.go, what a program must look like in binary.go. With -check everything is
// built a second time, from a copy of the tree (again.go); with -sbom each program gets the list of what is in it
// (sbom.go); with -sizes each is held to its ceiling of boards/sizes.txt (sizes.go).
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgesio/edgesio/boards"
	"github.com/edgesio/edgesio/boards/release"
	"github.com/edgesio/edgesio/boards/results"
)

// What lies in a board's folder.
const (
	programFile = "gateway"
	linesFile   = "gateway.lines" // as it was linked, for what it says when it crashes: -trace
)

// options are the command line.
type options struct {
	out, pkg, version          string
	check, sbom, sizes, update bool
	profiles                   []boards.Profile
}

func main() {
	var o options
	flag.StringVar(&o.out, "out", ".build/boards", "`folder` for the programs, below the project's when relative")
	flag.StringVar(&o.pkg, "pkg", "./boards/gateway", "`package` to build")
	flag.StringVar(&o.version, "version", "", "`version` that the program tells (default: git describe, or the archive's)")
	flag.BoolVar(&o.check, "check", false, "build everything again from a copy of the tree and compare; a minute for each")
	flag.BoolVar(&o.sbom, "sbom", false, "write sbom.cdx.json beside each program (CycloneDX 1.6)")
	flag.BoolVar(&o.sizes, "sizes", false, "print the sizes, and fail where one is above its ceiling in boards/sizes.txt")
	flag.BoolVar(&o.update, "update", false, "with -sizes: write the sizes to boards/sizes.txt; ceilings are set by hand")
	trace := flag.Bool("trace", false, "write the log of standard input with the lines of a board's program, and end")
	list := flag.Bool("list", false, "print the names of the boards, and end")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./boards/build [flags] all|NAME...\n"+known()+"\nflags:")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *list {
		fmt.Println(strings.Join(names(boards.Profiles()), "\n"))
		return
	}
	var err error
	if o.profiles, err = choose(flag.Args()); err == nil && *trace {
		err = traced(o)
	} else if err == nil {
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// run builds what the options say.
func run(o options) error {
	tool, err := newToolchain()
	if err != nil {
		return err
	}
	o.out = tool.path(o.out)
	if o.version == "" {
		o.version = release.Version(tool.root)
	}
	if !release.Plain(o.version) {
		return fmt.Errorf("version %q: letters, digits and . + - ~ _ only", o.version)
	}
	if err := tool.bundled(); err != nil {
		return err
	}
	fmt.Println("version", o.version)
	targets := targetsOf(o.profiles, o.version)
	done, err := results.Open(o.out, ".build-*")
	if err != nil {
		return err
	}
	defer done()
	work, err := os.MkdirTemp(o.out, ".build-")
	if err != nil {
		return err
	}
	defer discard(work)
	for i, t := range targets {
		t.file = filepath.Join(work, fmt.Sprint(i))
		if err := t.make(tool, o); err != nil {
			return err
		}
	}
	if err := writeSums(o.out); err != nil {
		return err
	}
	var failed []error // all of them: each costs minutes to find
	if o.check {
		failed = append(failed, again(tool, o, targets))
	}
	if o.sizes {
		failed = append(failed, checkSizes(tool.root, o))
	}
	return errors.Join(failed...)
}

// make compiles a target, checks it, and puts it in place for its boards.
func (t *target) make(tool *toolchain, o options) error {
	told := strings.Join(t.names, ", ")
	fmt.Printf("%s: %s\n", told, strings.Join(t.env, " "))
	if err := t.compile(tool, o.pkg); err != nil {
		return fmt.Errorf("%s: %w", told, err)
	}
	if err := verify(t.file, t.build, tool.places()); err != nil {
		return fmt.Errorf("%s: the program is not what the board needs:\n%w", told, err)
	}
	if o.sbom {
		var err error
		if t.bill, err = sbom(tool, o, t); err != nil {
			return fmt.Errorf("%s: %w", told, err)
		}
	}
	for _, name := range t.names {
		if err := t.place(filepath.Join(o.out, name)); err != nil {
			return err
		}
	}
	return nil
}

// writeSums writes the checksums of all boards' files, also of those that were built before.
func writeSums(out string) error {
	var patterns []string
	for _, name := range names(boards.Profiles()) {
		patterns = append(patterns, name+"/*", name+withoutTLS+"/*")
	}
	return results.WriteSums(out, patterns...)
}

// place puts the program, and its bill of materials if it has one, into a board's folder, which has nothing else then.
// Boards of one target share the bytes on the disk.
func (t *target) place(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for to, from := range map[string]string{programFile: t.file, linesFile: t.lines} {
		if to = filepath.Join(dir, to); from != "" && os.Link(from, to) != nil { // a file system without links
			if err := copyFile(from, to); err != nil {
				return err
			}
		}
	}
	if t.bill == nil {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, "sbom.cdx.json"), t.bill, 0o644)
}

// choose gives the profiles of the names; those without TLS keep that in their name.
func choose(args []string) ([]boards.Profile, error) {
	if len(args) == 0 {
		return nil, errors.New("which board? " + known())
	}
	if slices.Contains(args, "all") {
		args = append(names(boards.Profiles()), args...)
	}
	var chosen []boards.Profile
	for _, name := range args {
		p, ok := boards.ByName(strings.TrimSuffix(name, withoutTLS))
		if p.Name = name; name == "all" || slices.Contains(names(chosen), name) {
			continue
		}
		if !ok {
			return nil, fmt.Errorf("there is no board %q; %s", name, known())
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

func known() string {
	return "the boards are " + strings.Join(names(boards.Profiles()), ", ") +
		"; all is all of them, NAME" + withoutTLS + " is one without TLS"
}

func names(profiles []boards.Profile) []string {
	var names []string
	for _, p := range profiles {
		names = append(names, p.Name)
	}
	return names
}
