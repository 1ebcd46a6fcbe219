//go:build linux

package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// image is what a board boots.
type image struct {
	kernel    string
	initramfs string
	root      string // squashfs, as on OpenWrt
}

// user is who the services of the board run as.
const user = 990

func imageIn(dir string, k kernel) image {
	return image{kernel: k.image, initramfs: filepath.Join(dir, "initramfs"), root: filepath.Join(dir, "root.squashfs")}
}

// buildImage compiles the programs and packs them, in dir.
func buildImage(b board, k kernel, dir string, conns int) error {
	i, tree := imageIn(dir, k), filepath.Join(dir, "root")
	if err := os.RemoveAll(tree); err != nil {
		return err
	}
	for _, p := range []struct{ file, tags, pkg string }{
		{"sbin/init", "", "./boards/machine/init"},
		{"bin/hazard", "hazard", "./boards/gateway"}, // the gateway with handlers that hang
	} {
		if err := compile(b, filepath.Join(tree, p.file), p.tags, p.pkg); err != nil {
			return err
		}
	}
	if err := packaged(b, filepath.Join(tree, "bin")); err != nil {
		return err
	}
	if err := writeInitramfs(i.initramfs, filepath.Join(tree, "sbin/init"), k, b.drivers); err != nil {
		return err
	}
	if err := writeFiles(tree, conns); err != nil {
		return err
	}
	return squash(tree, i.root)
}

func compile(b board, out, tags, pkg string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags="+tags, "-o", out, pkg)
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux"), b.environ...)
	return told(cmd)
}

// packaged brings the gateway that the packages for such a board have.
func packaged(b board, dir string) error {
	out, err := filepath.Abs(filepath.Join(".build", "boards"))
	if err != nil {
		return err
	}
	if err := told(exec.Command("go", "run", "./boards/build", "-out", out, b.profile)); err != nil {
		return err
	}
	return told(exec.Command("cp", filepath.Join(out, b.profile, "gateway"), dir))
}

// told runs a program that says something only if it fails.
func told(cmd *exec.Cmd) error {
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, text)
	}
	return nil
}

// writeInitramfs packs what mounts the root: init, and the drivers.
func writeInitramfs(path, program string, k kernel, drivers []string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer io.Closer(file).Close()
	packed := gzip.NewWriter(file)
	a := &archive{out: packed}
	for _, dir := range []string{"dev", "new", "modules"} {
		a.folder(dir)
	}
	a.device("dev/console", 0o600, 5, 1)
	if err := a.copy("init", 0o755, program); err != nil {
		return err
	}
	modules, err := driverFiles(k, drivers)
	if err != nil {
		return err
	}
	var list []byte
	for _, m := range modules {
		list = append(append(list, filepath.Base(m)...), '\n')
		if err := a.copy("modules/"+filepath.Base(m), 0o644, m); err != nil {
			return err
		}
	}
	a.file("modules/list", 0o644, list)
	if err := a.close(); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	return file.Close()
}

func (a *archive) copy(name string, mode int, from string) error {
	content, err := os.ReadFile(from)
	if err == nil {
		a.file(name, mode, content)
	}
	return err
}

// squash packs the root. Whoever builds it, everything is root's but the secrets, which are the service's alone.
func squash(tree, path string) error {
	args := []string{tree, path, "-noappend", "-no-progress", "-quiet", "-comp", "xz"}
	err := filepath.WalkDir(tree, func(file string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(tree, file)
		mode, owner := 0o755, 0
		switch {
		case err != nil || name == ".":
			return err
		case slices.Contains(secrets, name):
			mode, owner = 0o400, user
		case strings.HasPrefix(name, "etc/") && !d.IsDir():
			mode = 0o644
		}
		args = append(args, "-p", fmt.Sprintf("%s m %o %d %d", name, mode, owner, owner))
		return nil
	})
	if err != nil {
		return err
	}
	return told(exec.Command("mksquashfs", args...))
}
