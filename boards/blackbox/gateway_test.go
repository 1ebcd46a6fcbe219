package blackbox

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	program  = flag.String("server", "", "the gateway, built; without it all tests are skipped")
	hazards  = flag.String("hazard", "", "the gateway built with -tags hazard")
	emulator = flag.String("emulator", "", "what runs them, with its arguments: \"qemu-arm-static -cpu cortex-a7\"")
	column   = flag.String("target", "amd64", "the column of VERDICTS.md")
	update   = flag.Bool("update", false, "write VERDICTS.md")
	only     = flag.String("rows", "", "a regular expression: the rows to run, without a look at VERDICTS.md")
)

// hurry is what the hazard program's deadlines are divided by.
const hurry = 10

// patience is how long a row waits for what must come.
func patience() time.Duration {
	if *emulator != "" {
		return time.Minute
	}
	return 20 * time.Second
}

// gateway is a program at work.
type gateway struct {
	name    string
	addr    string
	metrics string // address, "" when the program has none
	pid     int
	cmd     *exec.Cmd
	log     *logBook
	ended   chan struct{}
	base    holdings
	stands  []*bystander
	ends    string // how its end is told, "" for status 0
}

// start runs a program until the test ends. wrap may put a limit around its command line.
func start(t *testing.T, name, path string, args ...string) *gateway {
	t.Helper()
	g := launch(t, name, commandLine(path, append([]string{"-listen", "127.0.0.1:0", "-log", "DEBUG"}, args...)...), nil)
	t.Cleanup(func() { g.stop(t) })
	return g
}

// commandLine is a program's with the emulator's before it.
func commandLine(path string, args ...string) []string {
	return append(append(strings.Fields(*emulator), path), args...)
}

// launch starts a command line; stderr nil is read into the log book.
func launch(t *testing.T, name string, line []string, stderr *os.File) *gateway {
	t.Helper()
	g := &gateway{name: name, log: &logBook{}, ended: make(chan struct{})}
	// The limits that the rows know, on every machine.
	line = append(line, "-profile", "none", "-max-conns-per-address", "256", "-handshakes-per-address", "200")
	if hasMetrics(t) {
		g.metrics = freeAddress(t)
		line = append(line, "-metrics", g.metrics)
	}
	g.cmd = exec.Command(line[0], line[1:]...)
	g.cmd.Env = append(os.Environ(), fmt.Sprint("HAZARD_HURRY=", hurry))
	g.cmd.Stderr = g.log
	if stderr != nil {
		g.cmd.Stderr = stderr
	}
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g.pid = g.cmd.Process.Pid
	in := bufio.NewReader(out)
	for g.addr == "" {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("%s does not start: %v\n%s", name, err, g.log.text())
		}
		if _, rest, ok := strings.Cut(line, "://"); ok {
			g.addr, _, _ = strings.Cut(rest, "/")
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = g.cmd.Wait()
		close(g.ended)
	}()
	return g
}

// alive tells whether the process still runs.
func (g *gateway) alive() bool {
	select {
	case <-g.ended:
		return false
	default:
		return true
	}
}

// stop ends the program with SIGTERM, which it must obey in its own time and with status 0.
func (g *gateway) stop(t *testing.T) {
	for _, b := range g.stands {
		b.stop()
	}
	if g.alive() {
		_ = g.cmd.Process.Signal(os.Interrupt)
	}
	select {
	case <-g.ended:
	case <-time.After(patience()):
		_ = g.cmd.Process.Kill()
		t.Errorf("%s does not end", g.name)
	}
	if s := g.cmd.ProcessState; !s.Success() && (g.ends == "" || g.ends != s.String()) {
		t.Errorf("%s ended with %v\n%s", g.name, g.cmd.ProcessState, g.log.tail(30))
	}
}

// freeAddress is one that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

var metricsFlag = sync.OnceValue(func() bool {
	line := commandLine(*program, "-h")
	help, _ := exec.Command(line[0], line[1:]...).CombinedOutput() // -h ends with a status
	return strings.Contains(string(help), "-metrics ")
})

func hasMetrics(*testing.T) bool { return metricsFlag() }

// logBook is what a program wrote to standard error.
type logBook struct {
	mu   sync.Mutex
	book []byte
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.book = append(l.book, b...)
	return len(b), nil
}

func (l *logBook) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.book)
}

func (l *logBook) tail(n int) string {
	lines := strings.Split(l.text(), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// has waits for a text: the program writes its log beside its work.
func (l *logBook) has(text string) bool {
	for end := time.Now().Add(patience()); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(l.text(), text) {
			return true
		}
	}
	return false
}

// reason is why the socket with an id was disconnected, as the program's debug line has it.
func (l *logBook) reason(id string) string {
	for end := time.Now().Add(patience()); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text := l.text()
		_, rest, ok := strings.Cut(text, "msg=disconnected id="+id+" reason=")
		if line, _, whole := strings.Cut(rest, "\n"); ok && whole {
			return strings.Trim(line, `"`)
		}
	}
	return "no reason"
}

var logLine = regexp.MustCompile(`^time=(\S+) level=(\S+) (.*)$`)

// maxLogLine is more than a line of the limiter's with 64 bytes of a peer's, each escaped to 6.
const maxLogLine = 700

// turn is how long a turn of the loop may take here: the limiter has the time of its turn's begin, the line its own.
func turn() time.Duration {
	if *emulator != "" {
		return time.Second
	}
	return 200 * time.Millisecond
}

var logClass = regexp.MustCompile(`class=("[^"]*"|\S+)`)

// classOf is the class of a line's text, or the text.
func classOf(s string) string {
	if m := logClass.FindStringSubmatch(s); m != nil {
		return strings.Trim(m[1], `"`)
	}
	return s
}

// check wants lines that are short and printable, and of one class no two in 5 s.
func (l *logBook) check(t *testing.T, name string) {
	t.Helper()
	last := map[string]time.Time{}
	for line := range strings.Lines(l.text()) {
		line = strings.TrimSuffix(line, "\n")
		m := logLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("%s wrote what is no log line: %.300q", name, line)
			continue
		}
		if len(line) > maxLogLine && !strings.Contains(line, "goroutine ") {
			t.Errorf("%s wrote a line of %d bytes: %.300q", name, len(line), line)
		}
		if i := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
			t.Errorf("%s wrote byte %x raw: %.300q", name, line[i], line)
		}
		if m[2] != "WARN" && m[2] != "ERROR" {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, m[1])
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		class := classOf(m[3])
		if before, ok := last[class]; ok && at.Sub(before) < 5*time.Second-turn() {
			t.Errorf("%s wrote two lines of a class in %v: %.300s\n%s", name, at.Sub(before), line, l.tail(30))
		}
		last[class] = at
	}
}
