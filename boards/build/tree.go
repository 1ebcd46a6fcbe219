package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// bundleDir has what make bundle brings: the browser client.
const bundleDir = "sio/dist"

// copyTree copies a project's sources: what git would have in it, without what tools bring and make. Times and the
// order on the disk become others.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch hidden := strings.HasPrefix(d.Name(), ".") && rel != "."; {
		case d.IsDir() && (hidden || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() && rel == bundleDir:
			if err := copyFile(filepath.Join(path, ".gitignore"), filepath.Join(to, rel, ".gitignore")); err != nil {
				return err
			}
			return filepath.SkipDir
		case !d.Type().IsRegular() || rel == ".git":
			return nil // folders are made for their files; a link would lead back, as a worktree's .git does
		}
		return copyFile(path, filepath.Join(to, rel))
	})
}

// copyFile copies a file and its permissions, and makes the folder for it.
func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm())
}
