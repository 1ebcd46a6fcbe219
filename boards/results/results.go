// Package results is about folders that tools fill run by run, such as .build/boards: one run fills it at a time, and
// SHA256SUMS has what lies there.
package results

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// SumsName is the file that [WriteSums] writes.
const SumsName = "SHA256SUMS"

// Open makes a folder, and waits until no other process has it open; done lets the next one in. What the temp patterns
// match was left by a run that was killed, and is removed. Its checksums are removed, too: none are better than wrong
// ones.
func Open(dir string, temp ...string) (done func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	done = func() { _ = f.Close() } // which ends the lock
	for err = syscall.EINTR; err == syscall.EINTR; {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err == syscall.ENOTSUP || err == syscall.ENOLCK { // a file system without locks: who shares it takes care
		err = nil
	}
	if err != nil {
		done()
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for _, pattern := range append(temp, SumsName) {
		left, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, path := range left {
			if err := os.RemoveAll(path); err != nil {
				done()
				return nil, err
			}
		}
	}
	return done, nil
}

// WriteSums writes the checksums of the files that the patterns match, as sha256sum -c takes them, in the order of
// their names.
func WriteSums(dir string, patterns ...string) error {
	var lines []string
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			sum, err := Sum(file)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(dir, file)
			if err != nil {
				return err
			}
			lines = append(lines, sum+"  "+filepath.ToSlash(name)+"\n")
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[2*sha256.Size:], b[2*sha256.Size:]) })
	return os.WriteFile(filepath.Join(dir, SumsName), []byte(strings.Join(lines, "")), 0o644)
}

// Sum is the SHA-256 of a file, in hexadecimal digits.
func Sum(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(data)), nil
}
