package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The server that the README shows is a program that compiles.
func TestReadmeSample(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	code, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md shows no Go program")
	}
	if n := strings.Count(strings.TrimSpace(code), "\n"); n > 32 {
		t.Errorf("the sample has %d lines: keep it on one screen", n)
	}
	dir := filepath.Join(root, ".build", "readme")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	vet := exec.Command("go", "vet", "./.build/readme")
	vet.Dir = root
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("the sample does not compile: %s", out)
	}
}
