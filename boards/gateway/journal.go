package main

import (
	"fmt"
	"io/fs"
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
	if c.logTime == "off" || c.logTime == "auto" && isTimed(out, os.Getenv("JOURNAL_STREAM"), os.DirFS("/")) {
		o.ReplaceAttr = dropTime
	}
	pipe := newLogPipe(out, o)
	slog.SetDefault(slog.New(slog.NewTextHandler(pipe, o)))
	return pipe
}

// dropTime takes the time out of a line.
func dropTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		return slog.Attr{}
	}
	return a
}

// isTimed tells whether who reads a file notes the time of each line. That is systemd's journal, if the file's device
// and inode are those of JOURNAL_STREAM (systemd.exec(5)): a program whose output was sent elsewhere may have the
// variable, too. And it is procd of OpenWrt, which has a pipe for each service.
func isTimed(out *os.File, stream string, root fs.FS) bool {
	info, err := out.Stat()
	if err != nil {
		return false
	}
	if info.Mode()&fs.ModeNamedPipe != 0 {
		first, _ := fs.ReadFile(root, "proc/1/comm")
		return string(first) == "procd\n"
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && stream == fmt.Sprintf("%d:%d", s.Dev, s.Ino)
}
