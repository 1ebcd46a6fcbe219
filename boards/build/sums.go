package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgesio/edgesio/boards"
)

// sumsFile has the checksums of a folder of programs, as sha256sum writes and reads them.
const sumsFile = "SHA256SUMS"

// writeSums writes the checksums of all boards' files in out, also of those that were built before.
func writeSums(out string) error {
	var lines []string
	all := names(boards.Profiles())
	for _, name := range all[:len(all):len(all)] {
		all = append(all, name+withoutTLS)
	}
	for _, name := range all {
		files, err := filepath.Glob(filepath.Join(out, name, "*"))
		if err != nil {
			return err
		}
		for _, file := range files {
			sum, err := sumOf(file)
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("%s  %s/%s\n", sum, name, filepath.Base(file)))
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[2*sha256.Size:], b[2*sha256.Size:]) })
	return os.WriteFile(filepath.Join(out, sumsFile), []byte(strings.Join(lines, "")), 0o644)
}

// sumOf is the SHA-256 of a file, in hexadecimal digits.
func sumOf(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(data)), nil
}
