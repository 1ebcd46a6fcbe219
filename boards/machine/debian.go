//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// kernel is what is kept of a package.
type kernel struct {
	image   string // file
	modules string // folder
}

func kernelIn(below string, b board) kernel {
	dir := filepath.Join(below, b.debian)
	return kernel{image: filepath.Join(dir, "vmlinuz"), modules: filepath.Join(dir, "modules")}
}

// fetchKernel brings the kernel of a board into below, unless it is there. The state of apt is a folder of its own:
// this machine's architectures, lists and packages stay as they are; sources and keys are this machine's.
func fetchKernel(b board, below string) (k kernel, err error) {
	k = kernelIn(below, b)
	if _, err := os.Stat(k.image); err == nil {
		return k, nil
	}
	if err := os.MkdirAll(below, 0o755); err != nil {
		return k, err
	}
	work, err := os.MkdirTemp(below, b.debian+"-")
	if err != nil {
		return k, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	a := apt{arch: b.debian, dir: work}
	name, err := a.download(b.kernel)
	if err != nil {
		return k, err
	}
	say("kernel %s", strings.TrimSuffix(name, ".deb"))
	unpacked := filepath.Join(work, "unpacked")
	if _, err := a.run("dpkg-deb", "-x", name, unpacked); err != nil {
		return k, err
	}
	return k, keep(unpacked, filepath.Dir(k.image))
}

// keep moves a kernel and its modules out of a package. The kernel comes last: it says that all is there.
func keep(unpacked, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, move := range []struct{ from, to string }{{"lib/modules/*", "modules"}, {"boot/vmlinuz-*", "vmlinuz"}} {
		found, err := filepath.Glob(filepath.Join(unpacked, move.from))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("the package of the kernel has %d files %s, want 1", len(found), move.from)
		}
		if err := os.Rename(found[0], filepath.Join(dir, move.to)); err != nil {
			return err
		}
	}
	return nil
}

// apt is apt-get with a state of its own.
type apt struct{ arch, dir string }

// download resolves a package that only depends on the true one, and brings that: its file's name.
func (a apt) download(meta string) (file string, err error) {
	for _, sub := range []string{"state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, sub), 0o755); err != nil {
			return "", err
		}
	}
	status := filepath.Join(a.dir, "status")
	if err := os.WriteFile(status, nil, 0o644); err != nil {
		return "", err
	}
	options := []string{"-qq", "-o", "APT::Architecture=" + a.arch, "-o", "APT::Architectures::=" + a.arch,
		"-o", "Dir::State=" + filepath.Join(a.dir, "state"), "-o", "Dir::State::status=" + status,
		"-o", "Dir::Cache=" + filepath.Join(a.dir, "cache"), "-o", "Acquire::Retries=3", "-o", "Acquire::Languages=none",
		"-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
		"-o", "APT::Sandbox::User=" + userName()}
	// One index of several may be out of order at the mirror; what came is signed, and may do.
	_, incomplete := a.run("apt-get", append(options, "update")...)
	text, err := a.run("apt-cache", append(options, "show", "--no-all-versions", meta)...)
	if err != nil {
		return "", errors.Join(incomplete, err)
	}
	name, err := dependency(text, meta)
	if err != nil {
		return "", err
	}
	if _, err := a.run("apt-get", append(options, "download", name)...); err != nil {
		return "", errors.Join(incomplete, err)
	}
	found, err := filepath.Glob(filepath.Join(a.dir, name+"_*.deb"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d files", name, len(found))
	}
	return filepath.Base(found[0]), nil
}

var depends = regexp.MustCompile(`(?m)^Depends: (linux-image-[\w.+-]+)`)

// dependency is the kernel that a package's record names.
func dependency(record []byte, meta string) (string, error) {
	m := depends.FindSubmatch(record)
	if m == nil {
		return "", fmt.Errorf("%s depends on no kernel", meta)
	}
	return string(m[1]), nil
}

func (a apt) run(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = a.dir
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, args[len(args)-1], err, told.Bytes())
	}
	return out.Bytes(), nil
}

// userName is who apt fetches as: the default, a user of its own, may not write into our folders.
func userName() string {
	if os.Getuid() == 0 {
		return "root"
	}
	return "_apt"
}
