//go:build linux

package installed

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

//go:embed machine.sh
var machineScript []byte

// machine is a Debian with a systemd of its own, made of this machine's files; what is written in it is gone after it.
type machine struct {
	t   *testing.T
	pid string // of its systemd, in our numbers
}

// boot starts a machine, which ends with the test.
func boot(t *testing.T) *machine {
	t.Helper()
	dir, err := os.MkdirTemp("", "machine")
	if err != nil {
		t.Fatal(err)
	}
	script := dir + ".sh"
	if err := os.WriteFile(script, machineScript, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // --kill-child: its systemd goes with it, and all that it started
		cmd.Wait()
		removeGroups(t, dir+".groups")
		for _, path := range []string{dir, script, dir + ".groups"} {
			os.Remove(path)
		}
	})
	m := &machine{t: t}
	await(t, "a booted systemd", func() bool {
		m.pid = child(cmd.Process.Pid)
		state, _ := m.try("systemctl is-system-running")
		return m.pid != "" && (state == "running" || state == "degraded")
	})
	return m
}

// child is the first child of a process, "" for none.
func child(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

// removeGroups removes the control groups that a file names, when their last process is gone.
func removeGroups(t *testing.T, list string) {
	b, _ := os.ReadFile(list)
	for group := range strings.FieldsSeq(string(b)) {
		await(t, "the end of "+group, func() bool {
			exec.Command("find", group, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";").Run()
			_, err := os.Stat(group)
			return os.IsNotExist(err)
		})
	}
}

// await asks until something is so, for a minute at most.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s within a minute", what)
		}
	}
}

// try runs shell commands in the machine and returns what they print, without the end of the last line.
func (m *machine) try(script string) (string, error) {
	c := exec.Command("nsenter", "-t", m.pid, "-a", "/bin/sh", "-euc", script)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"}
	b, err := c.CombinedOutput()
	return strings.TrimSuffix(string(b), "\n"), err
}

// sh is try for what must succeed.
func (m *machine) sh(script string) string {
	m.t.Helper()
	said, err := m.try(script)
	if err != nil {
		log, _ := m.try("journalctl -u edgesio-gateway -n 30 --no-pager")
		m.t.Fatalf("%s: %v\n%s\nits log:\n%s", script, err, said, log)
	}
	return said
}

// want compares what commands print with a text.
func (m *machine) want(script, text string) {
	m.t.Helper()
	if said := m.sh(script); said != text {
		m.t.Errorf("%s\nprints %q, want %q", script, said, text)
	}
}

// await is await for shell commands that succeed.
func (m *machine) await(script string) {
	m.t.Helper()
	await(m.t, "success of "+script, func() bool { _, err := m.try(script); return err == nil })
}

// put copies a file of ours to a path of the machine.
func (m *machine) put(from, to string) {
	m.t.Helper()
	f, err := os.Open(from)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	c := exec.Command("nsenter", "-t", m.pid, "-a", "/bin/sh", "-c", `cat >"$0"`, to)
	c.Stdin = f
	if b, err := c.CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v %s", to, err, b)
	}
}

// only is the one file that a pattern names.
func only(t *testing.T, pattern string) string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s: %d files, want one", pattern, len(list))
	}
	return list[0]
}
