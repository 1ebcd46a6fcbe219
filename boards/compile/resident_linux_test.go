package compile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the gateway may have resident on a 32-bit board, the pages of its file included: it is the whole of 64 MB that a
// kernel, a shell and others share. Promised are 8 and 16 MB.
const (
	residentAtStart  = 6 << 10  // kB, when it has answered a first request
	residentWithIdle = 12 << 10 // kB, with idleClients
	idleClients      = 1000
)

// The gateway of a 32-bit machine, at start and with clients that are connected and silent. It is started here, so an
// x86 has to stand for the boards: what it holds is the same.
func TestResident(t *testing.T) {
	if testing.Short() || runtime.GOARCH != "amd64" && runtime.GOARCH != "386" {
		t.Skip("it builds and starts a program of GOARCH=386")
	}
	program := filepath.Join(t.TempDir(), "gateway")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags="+strings.Join(For("mips").Tags, ","),
		"-o", program, "../gateway")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=386")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "-listen", "127.0.0.1:0", "-handshakes", "-1", "-memory", "32M")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	port := ""
	for s := bufio.NewScanner(out); port == "" && s.Scan(); {
		if m := regexp.MustCompile(`on http://127\.0\.0\.1:(\d+)/`).FindStringSubmatch(s.Text()); m != nil {
			port = m[1]
		}
	}
	res, err := http.Get("http://127.0.0.1:" + port + "/index.html")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	atStart := resident(t, cmd.Process.Pid)
	for i := range idleClients {
		connect(t, port, i)
	}
	withIdle := resident(t, cmd.Process.Pid)
	t.Logf("%d kB at start, %d kB with %d clients", atStart, withIdle, idleClients)
	if atStart > residentAtStart || withIdle > residentWithIdle {
		t.Errorf("%d kB at start, at most %d; %d kB with %d clients, at most %d", atStart, residentAtStart, withIdle,
			idleClients, residentWithIdle)
	}
}

// connect joins the namespace "/" over a WebSocket; 50 clients come from each address.
func connect(t *testing.T, port string, i int) {
	t.Helper()
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i/50))}
	c, err := (&net.Dialer{LocalAddr: from, Timeout: 20 * time.Second}).Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprint(c, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"+
		"\x81\x82\x00\x00\x00\x0040")
	b, got := make([]byte, 4096), ""
	for !strings.Contains(got, `40{"sid"`) {
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := c.Read(b)
		if got += string(b[:n]); err != nil {
			t.Fatalf("client %d: %q, %v", i, got, err)
		}
	}
}

// resident is VmRSS in kB.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("no VmRSS in %s", text)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}
