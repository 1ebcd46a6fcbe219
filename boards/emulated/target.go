package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgesio/edgesio/boards"
)

// target is a profile, and those that have the same build and CPU.
type target struct {
	boards.Profile
	also    []string
	wrapper string // of the emulator, see restarts
}

// String names the target for the log.
func (t *target) String() string {
	text := t.Name + ": " + strings.Join(t.Build.Env(), " ")
	if t.Emulator != "" {
		text += ", " + t.Emulator + " -cpu " + t.CPU
	}
	if len(t.also) > 0 {
		text += " (as " + strings.Join(t.also, ", ") + ")"
	}
	return text
}

// bits is the width of an int.
func (t *target) bits() int {
	switch t.Build.GOARCH {
	case "386", "arm", "mips", "mipsle":
		return 32
	}
	return 64
}

func (t *target) findEmulator() error {
	if t.Emulator == "" {
		return nil
	}
	if _, err := exec.LookPath(t.Emulator); err != nil {
		return fmt.Errorf("%w: make deps installs it", err)
	}
	return nil
}

// emulated is a command line with the emulator before it.
func (t *target) emulated(line ...string) []string {
	if t.Emulator == "" {
		return line
	}
	return append([]string{t.Emulator, "-cpu", t.CPU}, line...)
}

// A process that starts itself again, as one that hands over to its successor, runs the binary by its name: qemu-user
// passes execve on to the kernel, which needs binfmt_misc to know the emulator. Since Linux 6.7 a user namespace has a
// binfmt_misc of its own, so that nothing of the machine changes and two CPU models of one architecture do not meet.
// The interpreter is a script, because binfmt_misc cannot pass the -cpu.
const register = `mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
printf '%s' ":board:M::$1::$2:" >/proc/sys/fs/binfmt_misc/register && shift 2 && exec "$@"`

// restarts is a command line whose processes may start binaries of the target.
func (t *target) restarts(line ...string) []string {
	line = t.emulated(line...)
	if t.wrapper == "" {
		return line
	}
	return append([]string{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", register, "sh",
		t.magic(), t.wrapper}, line...)
}

// machines are the ELF machine numbers (e_machine).
var machines = map[string]byte{
	"arm": 40, "arm64": 183, "mips": 8, "mipsle": 8, "mips64": 8, "mips64le": 8, "riscv64": 243,
}

// magic is the first 20 bytes of the target's programs, as binfmt_misc wants them: class, byte order, version, ABI,
// type and machine. Type 2 is a static one.
func (t *target) magic() string {
	order, kind := byte(1), [4]byte{2, 0, machines[t.Build.GOARCH], 0}
	if arch := t.Build.GOARCH; arch == "mips" || arch == "mips64" {
		order, kind = 2, [4]byte{0, 2, 0, machines[arch]}
	}
	var text strings.Builder
	text.WriteString(`\x7fELF`)
	for _, b := range append([]byte{byte(t.bits() / 32), order, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, kind[:]...) {
		fmt.Fprintf(&text, `\x%02x`, b)
	}
	return text.String()
}

// writeWrapper makes the interpreter of restarts.
func (t *target) writeWrapper(dir string) error {
	if t.Emulator == "" {
		return nil
	}
	t.wrapper = filepath.Join(dir, "interpreter")
	text := "#!/bin/sh\nexec " + t.Emulator + " -cpu " + t.CPU + " \"$@\"\n"
	return os.WriteFile(t.wrapper, []byte(text), 0o755)
}

// probeRestarts tells why binaries cannot be started again, if they cannot.
func probeRestarts(targets []*target) error {
	if !slices.ContainsFunc(targets, func(t *target) bool { return t.Emulator != "" }) {
		return nil
	}
	out, err := exec.Command("unshare", "--user", "--map-root-user", "--mount",
		"mount", "-t", "binfmt_misc", "none", "/proc/sys/fs/binfmt_misc").CombinedOutput()
	if err == nil {
		return nil
	}
	return fmt.Errorf("NOT RUN are the tests that start their own binary again: they need binfmt_misc in a user "+
		"namespace, that is Linux 6.7, the module binfmt_misc, user namespaces that are allowed, and unshare of util-linux; "+
		"nobody has to be root: %w: %s", err, strings.TrimSpace(string(out)))
}

// build runs the Go command for a build; an env of the caller does not leak into it.
func (r *run) build(ctx context.Context, b boards.Build, args ...string) error {
	cmd := exec.CommandContext(ctx, r.goTool, args...)
	cmd.Dir = r.root
	cmd.Env = buildEnv(b)
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.New(strings.TrimSpace("go " + args[0] + ": " + err.Error() + "\n" + string(out)))
	}
	return nil
}

func buildEnv(b boards.Build) []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "GOOS", "GOARCH", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOAMD64", "GORISCV64", "CGO_ENABLED":
		default:
			env = append(env, v)
		}
	}
	return append(append(env, "CGO_ENABLED=0"), b.Env()...)
}
