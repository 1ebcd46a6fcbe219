package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

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
		case d.IsDir() && ignored(path):
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

// ignored tells of a folder that make fills: it has a .gitignore that begins with everything.
func ignored(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	return err == nil && strings.HasPrefix(string(text), "*\n")
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

// discard removes a folder that was made for a while, and tells of what it has to leave.
func discard(dir string) {
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
	}
}
