package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Lines have no time where systemd's journal reads them; a file that the output was sent to is not the journal.
func TestLogTime(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	defer logLevel.Set(slog.LevelInfo)
	stream := func(f *os.File) string {
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		s := info.Sys().(*syscall.Stat_t)
		return fmt.Sprintf("%d:%d", s.Dev, s.Ino)
	}
	for _, v := range []struct {
		set     string
		journal bool
		stream  string // "": that of the file
		timed   bool
	}{
		{"auto", true, "", false}, {"auto", false, "", true}, {"auto", true, "1:1", true}, {"auto", true, "x", true},
		{"on", true, "", true}, {"off", false, "", false},
	} {
		f, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		if v.stream == "" {
			v.stream = stream(f)
		}
		if !v.journal {
			v.stream = ""
		}
		t.Setenv("JOURNAL_STREAM", v.stream)
		c := defaults()
		c.logTime, c.log = v.set, slog.LevelDebug
		pipe := c.startLog(f)
		slog.Debug("here", "time", 7)
		pipe.lost.Add(1)
		pipe.flush()
		f.Close()
		b, _ := os.ReadFile(f.Name())
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")
		if len(lines) != 2 || !bytes.Contains(b, []byte("msg=here time=7")) {
			t.Fatalf("%q", b)
		}
		for _, line := range lines {
			if strings.HasPrefix(line, "time=") != v.timed {
				t.Errorf("%+v: %s", v, line)
			}
		}
	}
}

// procd reads its services' lines through a pipe. A file or a terminal is nobody's log, whatever the first process is.
func TestLogTimeOfProcd(t *testing.T) {
	_, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for first, want := range map[string]bool{"procd\n": true, "systemd\n": false, "procd-x\n": false, "": false} {
		root := files("proc/1/comm", first)
		if isTimed(pipe, "", root) != want || isTimed(file, "", root) {
			t.Errorf("the first process is %q", first)
		}
	}
	if isTimed(pipe, "", files()) {
		t.Error("without /proc")
	}
}
