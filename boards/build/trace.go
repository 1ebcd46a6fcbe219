package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/edgesio/edgesio/boards/trim"
)

// traced writes what a board said, with the lines of its program, which was built here.
func traced(o options) error {
	if len(o.profiles) != 1 {
		return errors.New("-trace: which board said it?")
	}
	tool, err := newToolchain()
	if err != nil {
		return err
	}
	lines, err := os.ReadFile(filepath.Join(tool.path(o.out), o.profiles[0].Name, linesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: this board's program tells its lines itself, or was not built here", err)
	} else if err != nil {
		return err
	}
	return trim.Trace(os.Stdout, os.Stdin, lines)
}
