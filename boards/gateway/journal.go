package main

import (
	"fmt"
	"log/slog"
	"os"
	"syscall"
)

// logLevel is the log's, which SIGHUP may change.
var logLevel = new(slog.LevelVar)

// startLog makes the log, of lines on a file: nothing is written anywhere else.
func (c *config) startLog(out *os.File) *logPipe {
	logLevel.Set(c.log)
	o := &slog.HandlerOptions{Level: logLevel}
	if c.logTime == "off" || c.logTime == "auto" && isJournal(out, os.Getenv("JOURNAL_STREAM")) {
		o.ReplaceAttr = dropTime
	}
	pipe := newLogPipe(out, o)
	slog.SetDefault(slog.New(slog.NewTextHandler(pipe, o)))
	return pipe
}

// dropTime takes the time out of a line.
func dropTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// isJournal tells whether a file is the one that systemd's journal reads, which notes the time of each line:
// JOURNAL_STREAM is its device and inode (systemd.exec(5)). A program whose output was sent elsewhere may have the
// variable, too.
func isJournal(out *os.File, stream string) bool {
	info, err := out.Stat()
	if err != nil || stream == "" {
		return false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && stream == fmt.Sprintf("%d:%d", s.Dev, s.Ino)
}
