//go:build linux

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// tellWrites prints what shows that nothing was written but to /tmp: which mounts can be written to, what the disk was
// asked to write, what init itself, which is root, is told when it tries, and what is in /tmp and in /dev.
func tellWrites() {
	var writable []string
	mounts, _ := os.ReadFile("/proc/mounts")
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line) // device, where, kind, options
		if len(f) > 3 && !slices.Contains(strings.Split(f[3], ","), "ro") {
			writable = append(writable, f[1]+":"+f[2])
		}
	}
	say("writes mounts=%s disk=%s root=%q tmp=%s dev=%s", strings.Join(writable, ","), diskWrites(), tryRoot(),
		files("/tmp"), files("/dev"))
}

// diskWrites are the writes and sectors of the root's disk, fields 5 and 7 of its statistics (iostats.rst).
func diskWrites() string {
	text, err := os.ReadFile("/sys/block/vda/stat")
	if f := strings.Fields(string(text)); err == nil && len(f) > 6 {
		return f[4] + "," + f[6]
	}
	return "unknown"
}

func tryRoot() string {
	fd, err := unix.Open("/etc/try", unix.O_CREAT|unix.O_WRONLY, 0o600)
	if err == nil {
		unix.Close(fd)
		return "written"
	}
	return err.Error()
}

// files lists what is not a folder, a device or a link below dir: regular files with their size, sockets.
func files(dir string) string {
	var list []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Type()&(fs.ModeDevice|fs.ModeSymlink) != 0 {
			return nil
		}
		list = append(list, path)
		return nil
	})
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ",")
}
