package clients

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var program = flag.String("server", "", "the program of ./server, built; without it all tests are skipped")

// schemes are the ways to reach the server: what it and curl get besides. TLS adds
// its own here.
var schemes = []struct {
	name         string
	server, curl []string
}{
	{name: "http"},
}

// server is the program at work.
type server struct {
	t    *testing.T
	dir  string
	addr string
	url  string
	pid  int
	curl []string
}

const textBytes = 1 << 20

// each runs f against a server for each scheme.
func each(t *testing.T, f func(t *testing.T, s *server)) {
	for _, v := range schemes {
		t.Run(v.name, func(t *testing.T) {
			s := start(t, v.server...)
			s.url, s.curl = v.name+"://"+s.addr, v.curl
			f(t, s)
		})
	}
}

// start runs the program on a directory with a few files.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	if *program == "" {
		t.Skip("make clients builds the server that this test needs")
	}
	s := &server{t: t, dir: t.TempDir()}
	past := time.Now().Add(-time.Hour)
	for name, b := range map[string][]byte{"text.txt": text(textBytes), "short.txt": text(20_000), "tiny.txt": text(100)} {
		path := filepath.Join(s.dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(*program, append(args, "-root", s.dir)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.addr, s.pid = strings.TrimSpace(line), cmd.Process.Pid
	return s
}

// text is n bytes of numbered lines.
func text(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.Bytes()[:n]
}

// need finds a tool; without it the test fails in CI.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// run runs curl and tells what it printed.
func (s *server) run(args ...string) string {
	s.t.Helper()
	args = append(append([]string{"-sS", "--max-time", "20"}, s.curl...), args...)
	cmd := exec.Command(need(s.t, "curl"), args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("curl %v: %v\n%s", args, err, errs.String())
	}
	return string(out)
}

func (s *server) want(want string, args ...string) {
	s.t.Helper()
	if got := s.run(args...); got != want {
		s.t.Errorf("curl %v: %.200q, %d bytes, want %.200q", args, got, len(got), want)
	}
}

func TestCurl(t *testing.T) {
	whole := string(text(textBytes))
	each(t, func(t *testing.T, s *server) {
		file, null := s.url+"/files/text.txt", "/dev/null"
		s.want("hello", s.url+"/hello")
		s.want(whole, file)
		s.want("200 1048576", "-I", "-o", null, "-w", "%{response_code} %header{content-length}", file)
		s.want("400", "-o", null, "-w", "%{response_code}", "--path-as-is", s.url+"/files/%2e%2e/text.txt")
		s.want("1 0 0 ", "-w", "%{num_connects} ", "-o", null, file, "-o", null, s.url+"/files/tiny.txt", "-o", null, file)
		// Parts.
		s.want(whole[100:200], "-r", "100-199", file)
		s.want(whole[textBytes-5:], "-r", "-5", file)
		if parts := s.run("-r", "0-1,500-501", file); strings.Count(parts, "\r\nContent-Range: bytes ") != 2 {
			t.Errorf("two ranges: %q", parts)
		}
		s.want("416", "-r", "1048576-", "-o", null, "-w", "%{response_code}", file)
		// Conditions.
		day := 24 * time.Hour
		tomorrow, yesterday := time.Now().Add(day), time.Now().Add(-day)
		s.want("304", "-z", tomorrow.Format(http.TimeFormat), "-o", null, "-w", "%{response_code}", file)
		s.want("200", "-z", yesterday.Format(http.TimeFormat), "-o", null, "-w", "%{response_code}", file)
		s.want("412", "-z", "-"+yesterday.Format(http.TimeFormat), "-o", null, "-w", "%{response_code}", file)
		tag := filepath.Join(t.TempDir(), "tag")
		s.want("200", "--etag-save", tag, "-o", null, "-w", "%{response_code}", file)
		s.want("304", "--etag-compare", tag, "-o", null, "-w", "%{response_code}", file)
		// Coding.
		short := s.url + "/files/short.txt"
		s.want(string(text(20_000)), "--compressed", short)
		n, err := strconv.Atoi(s.run("--compressed", "-o", null, "-w", "%{size_download}", short))
		if err != nil || n > 10_000 {
			t.Errorf("%d bytes of 20000 came, compressed: %v", n, err)
		}
	})
}

// A download that broke off is resumed, and one is saved under its name.
func TestCurlResumes(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		dir := t.TempDir()
		part := filepath.Join(dir, "part")
		if err := os.WriteFile(part, text(textBytes)[:300_001], 0o600); err != nil {
			t.Fatal(err)
		}
		s.want("206 748575", "-C", "-", "-o", part, "-w", "%{response_code} %{size_download}", s.url+"/files/text.txt")
		if got, _ := os.ReadFile(part); !bytes.Equal(got, text(textBytes)) {
			t.Errorf("resumed: %d bytes", len(got))
		}
		s.run("--output-dir", dir, "-OJ", s.url+"/save")
		if got, _ := os.ReadFile(filepath.Join(dir, "saved.txt")); !bytes.Equal(got, text(textBytes)) {
			t.Errorf("saved: %d bytes", len(got))
		}
	})
}

// Requests that are sent ahead are answered in their order, files of all sizes.
func TestPipelining(t *testing.T) {
	s := start(t)
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"/files/text.txt": textBytes, "/files/short.txt": 20_000, "/files/tiny.txt": 100}
	order := []string{"/files/text.txt", "/files/tiny.txt", "/files/short.txt", "/files/tiny.txt", "/files/text.txt"}
	go func() {
		for range 4 {
			for _, path := range order {
				fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path)
			}
		}
	}()
	in := bufio.NewReader(c)
	for i := range 4 * len(order) {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(i, err)
		}
		b, err := io.ReadAll(res.Body)
		if n := want[order[i%len(order)]]; err != nil || res.StatusCode != 200 || !bytes.Equal(b, text(n)) {
			t.Fatalf("answer %d: %d, %d bytes, want %d: %v", i, res.StatusCode, len(b), n, err)
		}
	}
}

// Load generators see no error.
func TestLoad(t *testing.T) {
	s := start(t)
	for _, path := range []string{"/hello", "/files/tiny.txt", "/files/text.txt"} {
		out, err := exec.Command(need(t, "wrk"), "-t1", "-c16", "-d2s", "http://"+s.addr+path).CombinedOutput()
		if n := count(out, `(\d+) requests in`); err != nil || n < 1 ||
			bytes.Contains(out, []byte("Socket errors")) || bytes.Contains(out, []byte("Non-2xx")) {
			t.Errorf("wrk: %v\n%s", err, out)
		} else {
			t.Logf("wrk %s: %d requests", path, n)
		}
	}
	for _, keep := range []string{"-n50000 -k", "-n5000"} { // without -k each has a connection of its own
		args := append([]string{"-q", "-t2", "-c16"}, strings.Fields(keep)...)
		out, err := exec.Command(need(t, "ab"), append(args, "http://"+s.addr+"/files/short.txt")...).CombinedOutput()
		if n := count(out, `Complete requests:\s+(\d+)`); err != nil || n < 1 ||
			count(out, `Failed requests:\s+(\d+)`) != 0 || bytes.Contains(out, []byte("Non-2xx")) {
			t.Errorf("ab %s: %v\n%s", keep, err, out)
		} else {
			t.Logf("ab %s: %d requests", keep, n)
		}
	}
}

// count is the number that a pattern finds, or -1.
func count(out []byte, pattern string) int {
	m := regexp.MustCompile(pattern).FindSubmatch(out)
	if m == nil {
		return -1
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// A gigabyte goes through a server that does not grow.
func TestGigabyte(t *testing.T) {
	const size, slackKB = 1 << 30, 4 << 10
	each(t, func(t *testing.T, s *server) {
		f, err := os.Create(filepath.Join(s.dir, "giga.bin"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := f.Truncate(size); err != nil {
			t.Skip("no sparse files here:", err)
		}
		s.want("hello", s.url+"/hello")
		s.run("-o", "/dev/null", s.url+"/files/text.txt")
		before := s.memory("VmHWM")
		s.want("200 1073741824", "-o", "/dev/null", "-w", "%{response_code} %{size_download}", s.url+"/files/giga.bin")
		after := s.memory("VmHWM")
		t.Logf("the server's largest size was %d kB before, %d kB after", before, after)
		if after > before+slackKB {
			t.Errorf("the server grew from %d to %d kB", before, after)
		}
	})
}

// memory is a line of the server's status, in kB.
func (s *server) memory(what string) int {
	s.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		s.t.Skip("memory is known on Linux only:", err)
	}
	n := count(b, what+`:\s+(\d+) kB`)
	if n < 0 {
		s.t.Fatalf("no %s in %s", what, b)
	}
	return n
}
