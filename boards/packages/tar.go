package main

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// writeTar writes the .tar.gz: a folder with install.sh, and below root/ the files as they lie on the board.
func (s *stage) writeTar(w io.Writer) error {
	packed, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // of a level that exists; it has no name and no time
	t := tar.NewWriter(packed)
	top := packageName + "-" + s.Version + "-" + s.Board
	list := []entry{
		{path: "install.sh", file: filepath.Join(s.dir, "install.sh"), mode: 0o755},
		{path: "sysv", file: filepath.Join(s.dir, "sysv"), mode: 0o755},
	}
	for _, e := range s.entries("tar") {
		e.path = path.Join("root", e.path)
		list = append(list, e)
	}
	var made []string
	for _, e := range list {
		name := path.Join(top, e.path)
		if err := s.folders(t, path.Dir(name), &made); err != nil {
			return err
		}
		b, err := os.ReadFile(e.file)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: name, Mode: int64(e.mode), Size: int64(len(b)), Typeflag: tar.TypeReg}
		if err := s.add(t, h, b); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return packed.Close()
}

// folders adds the folders above a file that are not there yet.
func (s *stage) folders(t *tar.Writer, dir string, made *[]string) error {
	if dir == "." || slices.Contains(*made, dir) {
		return nil
	}
	if err := s.folders(t, path.Dir(dir), made); err != nil {
		return err
	}
	*made = append(*made, dir)
	return s.add(t, &tar.Header{Name: dir + "/", Mode: 0o755, Typeflag: tar.TypeDir}, nil)
}

// add adds a file of root's in the form that busybox reads.
func (s *stage) add(t *tar.Writer, h *tar.Header, b []byte) error {
	h.ModTime, h.Uname, h.Gname, h.Format = s.source.date, "root", "root", tar.FormatUSTAR
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	_, err := t.Write(b)
	return err
}

// writeFile makes a file of what write writes, or none.
func writeFile(path string, write func(w io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Close()
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(path)
	}
	return err
}
