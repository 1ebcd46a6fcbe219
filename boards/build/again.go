package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgesio/edgesio/boards/results"
)

// again builds every target a second time and compares the bytes. The second build is that of somebody else: a copy of
// the sources in another folder, without the version control system; the browser client brought from npm again; an
// empty build cache, so that nothing of the first build is taken over, the standard library included; another home.
// The same are the release of Go, the cache of downloaded modules, which go.sum pins, and the version.
func again(first *toolchain, o options, targets []*target) error {
	dir, err := os.MkdirTemp("", "again-")
	if err != nil {
		return err
	}
	defer discard(dir)
	second := *first
	second.root = filepath.Join(dir, "elsewhere", "tree")
	if err := copyTree(first.root, second.root); err != nil {
		return err
	}
	fmt.Println("again, from a copy: the browser client")
	if err := bundleAgain(second.root); err != nil {
		return err
	}
	if err := sameEmbedded(first, &second, targets[0], o.pkg); err != nil {
		return err
	}
	var failed []error
	for i, t := range targets {
		fmt.Printf("again, from a copy: %s\n", strings.Join(t.names, ", "))
		failed = append(failed, t.sameAgain(&second, o, filepath.Join(dir, fmt.Sprint(i))))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	fmt.Printf("%d programs, built twice: the same bytes\n", len(targets))
	return nil
}

// sameAgain builds t in the second tree, with nothing in the cache, and compares the program and its bill of materials.
func (t *target) sameAgain(second *toolchain, o options, dir string) error {
	tool := *second
	tool.env = append(slices.Clone(second.env), "GOCACHE="+filepath.Join(dir, "cache"), "HOME="+dir, "TZ=Pacific/Chatham")
	defer discard(dir)
	other := *t
	other.file = filepath.Join(dir, "gateway")
	if err := other.compile(&tool, o.pkg); err != nil {
		return err
	}
	if o.sbom {
		var err error
		if other.bill, err = sbom(&tool, o, &other); err != nil {
			return err
		}
	}
	return t.same(&other)
}

// same compares two builds of a target.
func (t *target) same(other *target) error {
	one, err := os.ReadFile(t.file)
	if err != nil {
		return err
	}
	two, err := os.ReadFile(other.file)
	if err != nil {
		return err
	}
	told := strings.Join(t.names, ", ")
	if !bytes.Equal(one, two) {
		return fmt.Errorf("%s: a second build has %s", told, differ(one, two))
	}
	if !bytes.Equal(t.bill, other.bill) {
		return fmt.Errorf("%s: a second bill of materials is another one", told)
	}
	return nil
}

// bundleAgain brings the browser client into a tree that has none.
func bundleAgain(root string) error {
	cmd := exec.Command("make", "--no-print-directory", "bundle")
	cmd.Dir = root
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "MAKE") && !strings.HasPrefix(pair, "MFLAGS") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	_, err := output(cmd)
	return err
}

// sameEmbedded compares the files that both trees put into the program. That of the program follows from it; this names
// the file.
func sameEmbedded(first, second *toolchain, t *target, pkg string) error {
	one, err := embedded(first, t, pkg)
	if err != nil {
		return err
	}
	two, err := embedded(second, t, pkg)
	if err != nil {
		return err
	}
	var failed []error
	if a, b := keys(one), keys(two); !slices.Equal(a, b) {
		failed = append(failed, fmt.Errorf("the program embeds %q, a second one %q", a, b))
	}
	for name, sum := range one {
		if other, ok := two[name]; ok && other != sum {
			failed = append(failed, fmt.Errorf("%s, which is in the program, is not the same when it is made again", name))
		}
	}
	return errors.Join(failed...)
}

// embedded are the files of the main module in a program, from the tree's root, with their checksums.
func embedded(tool *toolchain, t *target, pkg string) (map[string]string, error) {
	packs, err := tool.list(t, pkg)
	if err != nil {
		return nil, err
	}
	files := make(map[string]string)
	for _, p := range packs {
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, name := range p.EmbedFiles {
			path := filepath.Join(p.Dir, name)
			sum, err := results.Sum(path)
			if err != nil {
				return nil, err
			}
			rel, err := filepath.Rel(tool.root, path)
			if err != nil {
				return nil, err
			}
			files[filepath.ToSlash(rel)] = sum
		}
	}
	return files, nil
}

// keys of a map, sorted.
func keys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
