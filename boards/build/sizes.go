package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sizesFile has a line for each board: name | ceiling | bytes | with gzip -9 | with xz -9. A ceiling is a promise, and
// written by hand; the other columns are what was measured last.
const sizesFile = "boards/sizes.txt"

// sizeRow is a line of it.
type sizeRow struct {
	name                     string
	ceiling, bytes, gzip, xz int64
}

func (r sizeRow) String() string {
	return fmt.Sprintf("%-12s | %8d | %8d | %8d | %8d", r.name, r.ceiling, r.bytes, r.gzip, r.xz)
}

// readSizes reads the table; head is what stands above it.
func readSizes(text string) (head string, rows []sizeRow, err error) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			head += line
			continue
		}
		cells := strings.Split(line, "|")
		row := sizeRow{name: strings.TrimSpace(cells[0])}
		numbers := []*int64{&row.ceiling, &row.bytes, &row.gzip, &row.xz}
		if len(cells) != 1+len(numbers) {
			return "", nil, fmt.Errorf("%s: %q has not five columns", sizesFile, line)
		}
		for i, to := range numbers {
			if *to, err = strconv.ParseInt(strings.TrimSpace(cells[1+i]), 10, 64); err != nil {
				return "", nil, fmt.Errorf("%s: %q: %w", sizesFile, line, err)
			}
		}
		rows = append(rows, row)
	}
	return head, rows, nil
}

// checkSizes measures the programs of the profiles, prints their rows, and fails for those above their ceiling.
func checkSizes(root string, o options) error {
	table := filepath.Join(root, sizesFile)
	text, err := os.ReadFile(table)
	if err != nil {
		return err
	}
	head, rows, err := readSizes(string(text))
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range names(o.profiles) {
		at := slices.IndexFunc(rows, func(r sizeRow) bool { return r.name == name })
		if at < 0 {
			failed = append(failed, fmt.Errorf("%s has no line for %s: give it a ceiling", sizesFile, name))
			continue
		}
		if err := rows[at].measure(filepath.Join(o.out, name, programFile)); err != nil {
			return err
		}
		fmt.Println(rows[at])
		if over := rows[at].bytes - rows[at].ceiling; over > 0 {
			failed = append(failed, fmt.Errorf("%s: %d bytes, %d above its ceiling", name, rows[at].bytes, over))
		}
	}
	if o.update {
		text := head
		for _, row := range rows {
			text += row.String() + "\n"
		}
		if err := os.WriteFile(table, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// measure takes the size of a program, and what packages would make of it; without xz on the machine that one is 0.
func (r *sizeRow) measure(path string) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r.bytes = int64(len(image))
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err = w.Write(image); err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	r.gzip, r.xz = int64(small.Len()), 0
	if _, err := exec.LookPath("xz"); err == nil {
		cmd := exec.Command("xz", "-9", "-c", "--threads=1")
		cmd.Stdin = bytes.NewReader(image)
		out, err := output(cmd)
		if err != nil {
			return err
		}
		r.xz = int64(len(out))
	}
	return nil
}
