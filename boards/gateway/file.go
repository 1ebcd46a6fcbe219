package main

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

// readFile reads a file of the operator's, of at most limit bytes. It waits for the disk.
func readFile(path string, limit int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if fs.File(file).Close(); err != nil {
		return nil, err
	}
	if len(b) > limit {
		return nil, fmt.Errorf("%s: more than %d bytes", path, limit)
	}
	return b, nil
}

// readText is readFile for a text, without the mark that editors of Windows begin it with.
func readText(path string, limit int) (string, error) {
	b, err := readFile(path, limit)
	return strings.TrimPrefix(string(b), "\uFEFF"), err
}

// rereadable tells which of some files cannot be read a second time; "" is none. What a pipe had is gone, and who reads
// one that nobody writes to waits for ever.
func rereadable(paths ...string) error {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no regular file, which alone can be read again", path)
		}
	}
	return nil
}

// warnReadable tells of a file with secrets that others than its owner and his group may read. The group is that of a
// service whose files are root's.
func warnReadable(path string) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o037 != 0 {
		slog.Warn("others than its owner and his group may read this file", "file", path, "mode", info.Mode().Perm())
	}
}
