package blackbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// mounted runs a script in a mount namespace, with an empty folder as $0 and the program's line as "$@".
func mounted(t *testing.T, line []string, script string) []string {
	if err := exec.Command("unshare", "--mount", "true").Run(); err != nil {
		(&exchange{t: t}).cannot(err)
	}
	return append([]string{"unshare", "--mount", "/bin/sh", "-c", script + ` || exit 9`, t.TempDir()}, line...)
}

// storeless has clients come and go.
func storeless(x *exchange) string {
	for range 100 {
		x.joined().conn.end()
	}
	return x.serves()
}

var diskRows = []row{
	own("R14", "no file is written", "none", "a full disk or one that is read-only makes no difference", nil,
		func(x *exchange) string {
			if got := x.serves(); got != "serves" {
				return got
			}
			dir := fmt.Sprint("/proc/", x.g.pid, "/fd")
			fds, err := os.ReadDir(dir)
			if err != nil {
				return err.Error()
			}
			for _, fd := range fds {
				path, _ := os.Readlink(filepath.Join(dir, fd.Name()))
				stat, err := os.Stat(filepath.Join(dir, fd.Name()))
				info, _ := os.ReadFile(fmt.Sprint("/proc/", x.g.pid, "/fdinfo/", fd.Name()))
				_, flags, _ := strings.Cut(string(info), "flags:")
				bits, _ := strconv.ParseUint(strings.TrimSpace(strings.Split(flags, "\n")[0]), 8, 32)
				if err == nil && path[0] == '/' && stat.Mode().IsRegular() && bits&syscall.O_ACCMODE != syscall.O_RDONLY {
					return path
				}
			}
			return "none"
		}),
	own("R14", "a log on a tmpfs that is full", "serves", "in a mount namespace of its own",
		func(t *testing.T, line []string) []string {
			return mounted(t, line, `mount -t tmpfs -o size=16k tmpfs "$0" && { head -c 16384 /dev/zero >"$0/log"; true; } && `+
				`! { echo x >>"$0/log"; } 2>/dev/null && exec "$@" 2>>"$0/log"`)
		}, storeless),
	own("R14", "a root that is read-only", "serves", "in a mount namespace of its own",
		func(t *testing.T, line []string) []string {
			return mounted(t, line, `mount -o remount,bind,ro / && ! touch /edgesio-blackbox 2>/dev/null && exec "$@"`)
		}, storeless),
	logged("a log pipe that nobody reads, and 1000 lines for it", func(t *testing.T) *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return w
	}),
	logged("a log pipe whose reader is gone", func(t *testing.T) *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		return w
	}),
	logged("a log on a full disk", func(t *testing.T) *os.File {
		w, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}),
}

// logged is a row whose program writes its log where that cannot be written.
func logged(sent string, open func(t *testing.T) *os.File) row {
	return row{name: "R14", sent: sent, want: "serves", run: func(x *exchange) string {
		w := open(x.t)
		x.g = launch(x.t, sent, commandLine(*program, "-listen", "127.0.0.1:0", "-log", "DEBUG"), w)
		w.Close()
		return x.private(func(x *exchange) string {
			for range 300 { // four lines each
				x.joined().conn.end()
			}
			return x.serves()
		})
	}}
}
