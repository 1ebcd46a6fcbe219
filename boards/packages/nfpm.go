package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// packed is an entry in the words of nfpm's description.
type packed struct{ Path, File, Mode, Type string }

// pack has nfpm make a .deb or an .ipk for one architecture.
func (s *stage) pack(program, format, arch, out string) error {
	s.Format, s.Arch, s.Stage, s.Entries = format, arch, s.dir, nil
	for _, e := range s.entries(format) {
		file, err := filepath.Abs(e.file)
		if err != nil {
			return err
		}
		p := packed{Path: e.path, File: file, Mode: fmt.Sprintf("%#o", e.mode)}
		if e.conffile {
			p.Type = "config"
		}
		s.Entries = append(s.Entries, p)
	}
	description, err := s.render("nfpm.yaml")
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, "nfpm.yaml")
	if err := os.WriteFile(path, description, 0o600); err != nil {
		return err
	}
	c := exec.Command(program, "package", "--config", path, "--packager", format, "--target", out)
	c.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(s.source.date.Unix(), 10))
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("nfpm: %w\n%s", err, bytes.TrimSpace(said))
	}
	if format == "ipk" {
		return measure(out)
	}
	return nil
}
