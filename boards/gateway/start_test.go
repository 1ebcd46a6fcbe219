package main

import (
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is wrong on the command line ends the program before it serves, with a status that tells it from other faults,
// and is named.
func TestWrongCommandLine(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"-lisen", ":0"}, 2, "-lisen"},
		{[]string{"-listen"}, 2, "needs an argument"},
		{[]string{"-listen", "127.0.0.1:0", "off", "-drain", "3s"}, 2, `no flag: "off"`},
		{[]string{"-drain", "3"}, 2, "-drain"},
		{[]string{"-memory", "64"}, 2, `not "64"`}, // megabytes were meant: the collector would not rest
		{[]string{"-watchdog", "1ns"}, 2, "want a time from 1s to 24h such as 90s, or off"},
		{[]string{"-read-buffer", "1G"}, 2, "to 16M"},
		{[]string{"-handshakes", "0"}, 2, "from 1 to 1048576, or off, not"},
		{[]string{"-log", "loud"}, 2, "want DEBUG, INFO, WARN or ERROR"},
		{[]string{"-memory", "lots"}, 2, "want a size from 4M to 4096G, or off, or auto"},
		{[]string{"-listen", "127.0.0.1:99999"}, 2, "99999"},
		{[]string{"-listen", "8000"}, 2, `or :8000 for all addresses, not "8000"`},
		{[]string{"-listen", "box.lan:8000"}, 2, `-listen: want an address and a port such as`},
		{[]string{"-metrics", "0x7f.1:http"}, 2, `-metrics: want an address and a port such as`},
		{[]string{"-admin", "debug"}, 2, "want nothing, production or development"},
		{[]string{"-admin-origin", "admin.socket.io"}, 2, "want one such as https://"},
		{[]string{"-admin-origin", "https://admin.socket.io/admin"}, 2, "want one such as https://"},
		{[]string{"-policy", "/nonexistent"}, 1, "/nonexistent"},
	} {
		cmd := exec.Command(os.Args[0], c.args...)
		cmd.Env = append(os.Environ(), runAsGateway+"=1")
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != c.status || !strings.Contains(string(out), c.says) {
			t.Errorf("%q: status %d, %q", c.args, got, out)
		}
	}
}

// Files from an editor of Windows: a mark before the first line, and two bytes at each line's end.
func TestFilesOfWindows(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte("\uFEFF"+strings.ReplaceAll(text, "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if u, err := loadUsers(file(userLine(t, "ada", "1", "admin", "tulip", "Ada"))); err != nil || u.byName["ada"] == nil {
		t.Error("ada cannot sign in", err)
	}
	if _, _, err := openPolicy(file("default allow\n")); err != nil {
		t.Error(err)
	}
	if _, err := openMatrix(file("# nothing\n")); err != nil {
		t.Error(err)
	}
	if c := loaded(t, nil, "-config", file("# mine\nname box\n")); c.name != "box" {
		t.Error(c.name)
	}
}

// Fewer connections than a profile would allow are no fault of the operator's, fewer than he asked for are.
func TestLevelOfFewerConnections(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	loaded(t, nil, "-profile", "rpi4").conns(4096)
	loaded(t, nil, "-max-conns", "5000").conns(4096)
	if text := log.String(); !strings.Contains(text, "INFO") ||
		strings.Index(text, "WARN") < strings.Index(text, "max-conns=16000") ||
		!strings.Contains(text, "max-conns=5000 taken=4032") {
		t.Error(text)
	}
}

func TestAddress(t *testing.T) {
	for text, want := range map[string]string{"localhost:8000": "127.0.0.1:8000", ":8000": ":8000", "[::1]:0": "[::1]:0",
		"0.0.0.0:65535": "0.0.0.0:65535"} {
		if got, err := address(text); err != nil || got.String() != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

// A trailing slash and capitals are how people write origins.
func TestOriginOf(t *testing.T) {
	for text, want := range map[string]string{"": "", "https://Admin.socket.io/": "https://admin.socket.io",
		"http://10.0.0.1:8080": "http://10.0.0.1:8080"} {
		if got, err := originOf(text); got != want || err != nil {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
}

// One that was replaced says nothing when it is told to end: systemd would take it for the end of the new one.
func TestReplacedSaysNothing(t *testing.T) {
	p := &process{end: 1} // with a gateway it would drain
	p.shut()
	p.replace()
}
