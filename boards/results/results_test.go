package results

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A second run waits for the first; what a killed one left is gone.
func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	first, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".build-1", "gateway", SumsName} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := make(chan func())
	go func() {
		second, err := Open(dir, ".build-*")
		if err != nil {
			t.Error(err)
		}
		open <- second
	}()
	select {
	case <-open:
		t.Fatal("two have it open")
	case <-time.After(20 * time.Millisecond):
	}
	if _, err := os.Stat(filepath.Join(dir, ".build-1")); err != nil {
		t.Error("the second removes what the first one works in")
	}
	first()
	second := <-open
	left, _ := filepath.Glob(filepath.Join(dir, "[.a-zA-Z]*"))
	if len(left) != 1 || filepath.Base(left[0]) != "gateway" {
		t.Errorf("there is %q", left)
	}
	second()
}

func TestWriteSums(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/x", "a/y", "README"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteSums(dir, "b/*", "a/*"); err != nil {
		t.Fatal(err)
	}
	check := exec.Command("sha256sum", "-c", SumsName)
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil || string(out) != "a/y: OK\nb/x: OK\n" {
		t.Errorf("%v %s", err, out)
	}
}
