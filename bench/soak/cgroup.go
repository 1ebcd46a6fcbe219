//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memoryTree is the folder of our own memory cgroup and the name of the file that limits one, for either version of
// cgroups.
func memoryTree() (folder, file string) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", ""
	}
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		if parts[1] == "memory" {
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		} else if parts[1] != "" {
			continue
		}
		for _, folder := range []string{filepath.Join(root, parts[2]), root} { // a container may not see the first
			if _, err := os.Stat(filepath.Join(folder, "cgroup.procs")); err == nil {
				return folder, file
			}
		}
	}
	return "", ""
}

// confine makes a cgroup for the gateway, where that is possible.
func (g *gateway) confine(megabytes int) {
	if megabytes <= 0 {
		g.limit = "no limit"
		return
	}
	folder, file := memoryTree()
	if folder == "" {
		g.limit = "no limit: this machine has no memory cgroups"
		return
	}
	own := filepath.Join(folder, fmt.Sprintf("edgesio-soak-%d", os.Getpid()))
	err := os.Mkdir(own, 0o755)
	if err == nil {
		g.cgroup = own
		err = os.WriteFile(filepath.Join(own, file), []byte(strconv.Itoa(megabytes<<20)), 0o644)
	}
	if err != nil {
		g.release()
		g.limit = fmt.Sprintf("no limit: %v", err)
		return
	}
	g.limit = fmt.Sprintf("%d MB in a cgroup", megabytes)
}

// release removes the cgroup.
func (g *gateway) release() {
	if g.cgroup != "" {
		_ = os.Remove(g.cgroup) // it stays for as long as the kernel holds its pages
		g.cgroup = ""
	}
}
