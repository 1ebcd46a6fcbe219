package main

import (
	"debug/elf"
	"encoding/binary"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"
)

// constantSegments finds what debug/elf finds in this program.
func TestConstantSegments(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var want []segment
	for _, p := range f.Progs {
		if f.Type == elf.ET_EXEC && p.Type == elf.PT_LOAD && p.Flags&elf.PF_W == 0 {
			want = append(want, segment{p.Vaddr, p.Vaddr + p.Filesz})
		}
	}
	head := file[:1024]
	if got := constantSegments(head); !slices.Equal(got, want) || f.Type == elf.ET_EXEC && len(want) < 2 {
		t.Errorf("%#x, want %#x", got, want)
	}
	for n := range head { // cut short
		if got := constantSegments(head[:n]); len(got) > len(want) {
			t.Errorf("%d bytes: %#x", n, got)
		}
	}
	moved := slices.Clone(head)
	binary.NativeEndian.PutUint16(moved[16:], uint16(elf.ET_DYN))
	if got := constantSegments(moved); got != nil {
		t.Errorf("a file that is relocated: %#x", got)
	}
	for i := range head { // damaged
		damaged := slices.Clone(head)
		damaged[i] ^= 0xff
		constantSegments(damaged)
	}
}

// The program runs on without the pages of its file, and they are gone; with a debugger they stay.
func TestDropImage(t *testing.T) {
	root := os.DirFS("/")
	f, err := root.Open("proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	head := make([]byte, 1024)
	if _, err := f.Read(head); err != nil {
		t.Fatal(err)
	}
	if constantSegments(head) == nil {
		t.Skip("this test was built to be relocated: go test -buildmode=exe")
	}
	executable, err := fs.ReadFile(root, "proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dropImage(fstest.MapFS{
		"proc/self/status": {Data: []byte("Name:\ta\nTracerPid:\t17\nUid:\t0\n")},
		"proc/self/exe":    {Data: executable},
	})
	traced := fileResident(t)
	dropImage(root)
	if left := fileResident(t); left > traced-1024 {
		t.Errorf("%d kB of files are resident, %d kB before", left, traced)
	}
	if constantSegments(head) == nil {
		t.Error("the code has changed")
	}
}

// fileResident is RssFile in kB.
func fileResident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("no RssFile in %s", text)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}
