package blackbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// cgroup is a memory cgroup of 32 MB for a program.
type cgroup struct {
	dir, limit, used, events string
}

var cgroups atomic.Int32

// newCgroup makes one, in version 1 or 2, or tells why not.
func newCgroup(t *testing.T) (c cgroup, err error) {
	name := fmt.Sprintf("edgesio-blackbox-%d-%d", os.Getpid(), cgroups.Add(1))
	c = cgroup{"/sys/fs/cgroup/memory/" + name, "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.oom_control"}
	if _, err := os.Stat("/sys/fs/cgroup/memory"); err != nil {
		c = cgroup{"/sys/fs/cgroup/" + name, "memory.max", "memory.current", "memory.events"}
	}
	if err = os.Mkdir(c.dir, 0o755); err != nil {
		return c, err
	}
	t.Cleanup(func() { _ = os.Remove(c.dir) })
	return c, os.WriteFile(filepath.Join(c.dir, c.limit), []byte(strconv.Itoa(32<<20)), 0o644)
}

// number reads a file with one number, or the number behind a word.
func (c *cgroup) number(file, word string) int {
	b, _ := os.ReadFile(filepath.Join(c.dir, file))
	f := strings.Fields(string(b))
	for i, s := range f {
		if word == "" || s == word && i+1 < len(f) {
			if word != "" {
				s = f[i+1]
			}
			if n, err := strconv.Atoi(s); err == nil {
				return n
			}
		}
	}
	return -1
}

// small has 32 MB, and is not told so: the gateway reads its cgroup.
func small(x *exchange) string {
	c, err := newCgroup(x.t)
	if err != nil {
		x.cannot(err)
	}
	line := commandLine(*program, "-listen", "127.0.0.1:0", "-log", "DEBUG")
	script := `unset GOMEMLIMIT; echo $$ >"$0/cgroup.procs" && exec "$@"`
	x.g = launch(x.t, "small", append([]string{"/bin/sh", "-c", script, c.dir}, line...), nil)
	return x.private(func(x *exchange) string {
		if n := c.number(c.used, ""); n < 1<<20 || n > 32<<20 {
			return fmt.Sprint("the cgroup has ", n, " bytes: it is not the program's")
		}
		if !x.g.log.has("msg=memory limit=25165800 from=cgroup") {
			return "the program does not know its limit: " + x.g.log.tail(5)
		}
		got := mixed(x)
		if n := c.number(c.events, "oom_kill"); n != 0 {
			return fmt.Sprint(n, " killed")
		}
		return got
	})
}

// mixed is everything at once, of 30 peers.
func mixed(x *exchange) string {
	for i := range 60 {
		x.home.move()
		x.joined().send(strings.Repeat(raw(0x89, "x"), 1000))
		x.poll4().joined()
		x.dial().send(post("Content-Length: 900000", strings.Repeat("x", 800_000)))
		w := x.joined()
		w.send(text(`452-["req",`+placeholder+`]`) + raw(0x82, strings.Repeat("x", 500_000)))
		x.dial().send(header(127, 1e6) + strings.Repeat("x", 500_000))
		if i%20 == 0 {
			time.Sleep(time.Second)
		}
		if !x.g.alive() {
			return "ended: " + x.g.cmd.ProcessState.String()
		}
	}
	for _, c := range x.conns {
		c.end()
	}
	return x.serves()
}

// worst is clients that read nothing, some of which make the server hold much more than the others do: those go first.
func worst(x *exchange) string {
	const heavy, light, piece = 10, 40, 65536
	line := commandLine(*hazards, "-listen", "127.0.0.1:0", "-log", "DEBUG", "-memory", "64M")
	x.g = launch(x.t, "worst", append([]string{"env", "HAZARD_HURRY=1"}, line...), nil)
	return x.private(func(x *exchange) string {
		var silent []*channel
		for i := range heavy + light {
			w := x.joinedAt(hazardPath)
			_ = w.tcp().SetReadBuffer(4 << 10)
			pieces := 4 // 10 MB together
			if i < heavy {
				pieces = 24
			}
			w.send(text(fmt.Sprintf(`42["mine",%d,%d]`, pieces, piece)))
			silent = append(silent, w)
		}
		other := x.joinedAt(hazardPath)
		other.send(text(fmt.Sprintf(`420["all",5,%d]`, piece)))
		for n, acked := 0, false; n < 5 || !acked; {
			switch m, how := other.say(); {
			case how != "":
				return "the other one: " + how
			case strings.HasPrefix(m, "430"):
				acked = true
			case strings.HasPrefix(m, `42["all"`):
				n++
			}
		}
		now := x.g.figures()
		if used, most := now["edgesio_memory_used_bytes"], now["edgesio_memory_limit_bytes"]; used > most || most != 16<<20 {
			return fmt.Sprintf("%g bytes of %g", used, most)
		}
		if rss := now["process_resident_memory_bytes"]; rss > 64<<20 {
			return fmt.Sprintf("%g bytes are resident", rss)
		}
		gone := 0
		for i, w := range silent {
			switch closed := !w.held(); {
			case closed && i >= heavy:
				return fmt.Sprint("number ", i, ", which holds little, is closed, and of the others ", gone, ": ",
					x.g.log.tail(8))
			case closed:
				gone++
			}
		}
		if gone < 3 {
			return fmt.Sprint(gone, " closed")
		}
		return "those that hold most are closed, the others are not"
	})
}

var memoryRows = []row{
	{name: "R11", sent: "uploads, floods and sessions within 32 MB", want: "serves", run: small,
		remark: "a memory cgroup; the program derives its limit from it"},
	{name: "R6", sent: "50 clients that read nothing, 10 of which hold six times as much as the others, and 16 MB for all",
		want: "those that hold most are closed, the others are not", run: worst, remark: "hazard, -memory 64M"},
}
