package main

import (
	"os"
	"os/exec"
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
