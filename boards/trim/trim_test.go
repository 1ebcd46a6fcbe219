package trim

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// built compiles the stress program for an architecture that runs here, in the ways that programs for boards are.
func built(t *testing.T, goarch string, args ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "stress")
	args = append([]string{"build", "-ldflags=-s -w", "-o", out}, args...)
	cmd := exec.Command("go", append(args, "./testdata/stress")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+goarch, "GOFLAGS=")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func trimmed(t *testing.T, whole []byte) []byte {
	t.Helper()
	small, err := Program(whole)
	if err != nil {
		t.Fatal(err)
	}
	if len(small) > len(whole)/10*9 {
		t.Errorf("%d bytes of %d", len(small), len(whole))
	}
	return small
}

// run gives what a program prints, its outputs as one.
func run(t *testing.T, program []byte, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && (len(args) == 0 || !errors.As(err, &exit)) {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// variants are what runs on this machine.
func variants(t *testing.T) map[string][]byte {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "386" {
		t.Skip("the programs are for linux/amd64 and 386")
	}
	return map[string][]byte{
		"386":   built(t, "386"),
		"amd64": built(t, "amd64", "-ldflags=-s -w -R=65536"),
	}
}

// A trimmed program does what the whole does.
func TestProgram(t *testing.T) {
	for name, whole := range variants(t) {
		t.Run(name, func(t *testing.T) {
			small := trimmed(t, whole)
			if want, got := run(t, whole), run(t, small); got != want || !strings.HasSuffix(got, "true true\n") {
				t.Errorf("it prints\n%s\nand the whole\n%s", got, want)
			}
			if _, err := Program(small); err == nil {
				t.Error("it is trimmed again")
			}
		})
	}
}

// A trace of the trimmed program is, after Trace, what the whole program says.
func TestTrace(t *testing.T) {
	for name, whole := range variants(t) {
		t.Run(name, func(t *testing.T) {
			small := trimmed(t, whole)
			for _, how := range []string{"index", "nil", "goroutine", "reflect", "again", "quoted", "caught"} {
				said := run(t, small, how)
				if !strings.Contains(said, "?:0 +0x") || strings.Contains(said, ".go:") {
					t.Errorf("%s: it has lines, or no trace\n%s", how, said)
				}
				var out bytes.Buffer
				if err := Trace(&out, strings.NewReader(said), whole); err != nil {
					t.Fatal(err)
				}
				if how != "quoted" && how != "caught" {
					sameLogged(t, whole, said, out.String())
				} else {
					sameCut(t, whole, said, out.String())
				}
				got, want := calls(out.String()), calls(unquote.Replace(run(t, whole, how)))
				if len(got) < 6 || !slices.Equal(got, want) {
					t.Errorf("%s: after\n%s\nit is\n%s\n\nwant\n%s", how, said, strings.Join(got, "\n"),
						strings.Join(want, "\n"))
				}
			}
		})
	}
}

// sameLogged tests a trace whose lines a logger has taken one by one, with its words before each.
func sameLogged(t *testing.T, whole []byte, said, want string) {
	t.Helper()
	logged := strings.NewReplacer("\n", "\r\nNov 21 15:31:42 box daemon.err gateway[123]: ", "\t", "#011")
	var out bytes.Buffer
	if err := Trace(&out, strings.NewReader(logged.Replace(said)), whole); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != logged.Replace(want) {
		t.Errorf("a logger's lines become\n%s\nand those of the program\n%s", got, want)
	}
}

// sameCut tests a quoted trace that syslog has cut in the middle of its last offset.
func sameCut(t *testing.T, whole []byte, said, want string) {
	t.Helper()
	at, ends := strings.LastIndex(said, " +0x")+5, strings.LastIndex(want, "\n\t")+1
	var out bytes.Buffer
	if err := Trace(&out, strings.NewReader(said[:at]+"\n"), whole); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), want[:ends]+"\t?:0 "+said[at-4:at]+"\n"; got != want {
		t.Errorf("cut it becomes\n%s\nnot\n%s", got, want)
	}
}

// A log that has no trace stays as it is, to the byte.
func TestTraceLeavesOthers(t *testing.T) {
	for _, whole := range variants(t) {
		log := "level=INFO msg=\"a\\nb \\\\n\\t\\\"c\\\"\" \r\n\n\n?:0\n\t?:0 +0x12\nmain.absent()\n\t?:0 +0x3\n" +
			"main.absent(...)\n\t?:0\n\t?:0\nmain.main()\n\t?:0 +0x3ffffffff\nmain.main()\nmain.main() ?\n\xff\x00\n" +
			"runtime.main()\n\t?:0 +0xfffffff\nmain.crash(...)\n\t?:0"
		for _, log := range []string{log, log + "\n", log + "\nmain.main()", "\t?:0 +0x1\n", "", "\n"} {
			var out bytes.Buffer
			if err := Trace(&out, strings.NewReader(log), whole); err != nil || out.String() != log {
				t.Errorf("%q became %q, %v", log, &out, err)
			}
		}
	}
}

// calls are the lines of a trace, with short names and no arguments.
func calls(trace string) (list []string) {
	for line := range strings.Lines(trace) {
		line = strings.TrimRight(line, "\n")
		if at := strings.LastIndexByte(line, '('); at > 0 && strings.HasSuffix(line, ")") {
			line = short(line[:at])
		}
		if !strings.HasPrefix(line, "[signal ") && !strings.HasPrefix(line, "goroutine ") {
			list = append(list, line)
		}
	}
	return list
}

// A file is written trimmed, and the whole stays; on an error nothing is written.
func TestFile(t *testing.T) {
	for _, program := range variants(t) {
		dir := t.TempDir()
		small, whole := filepath.Join(dir, "small"), filepath.Join(dir, "whole")
		if err := os.WriteFile(whole, program, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := File(small, whole); err != nil {
			t.Fatal(err)
		}
		kept, _ := os.ReadFile(whole)
		if got, _ := os.ReadFile(small); !bytes.Equal(kept, program) || !bytes.Equal(got, trimmed(t, program)) {
			t.Error("the whole or the trimmed program is another one")
		}
		if info, err := os.Stat(small); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%v, %v", info, err)
		}
		if err := File(filepath.Join(dir, "again"), small); err == nil {
			t.Error("it is trimmed again")
		}
		if files, err := os.ReadDir(dir); len(files) != 2 || err != nil {
			t.Errorf("after an error: %v, %v", files, err)
		}
	}
}

// What cannot be trimmed is told, and never a panic.
func TestRefused(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a program of Linux is needed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	f, err := open(whole)
	if err != nil {
		t.Skip("tests are linked to be moved here: ", err)
	}
	s, _, err := f.part(".gopclntab")
	if err != nil {
		t.Fatal(err)
	}
	tables := int(s.Offset)
	other := bytes.ReplaceAll(whole, []byte(runtime.Version()), []byte("go1.25"+runtime.Version()[6:]))
	if _, err := Program(other); !errors.Is(err, ErrRelease) {
		t.Errorf("another release: %v", err)
	}
	for name, b := range map[string][]byte{
		"empty":        nil,
		"text":         []byte("#!/bin/sh\n"),
		"half":         whole[:len(whole)/2],
		"head":         whole[:4096],
		"no magic":     changed(whole, tables),
		"other offset": changed(whole, tables+8+3*f.pointer()),
	} {
		if small, err := Program(b); err == nil || small != nil {
			t.Errorf("%s: it is trimmed", name)
		}
		if err := Trace(&bytes.Buffer{}, strings.NewReader(""), b); err == nil {
			t.Errorf("%s: it has lines", name)
		}
	}
	for at := tables; at < len(whole); at += len(whole) / 97 { // whatever comes out
		_, _ = Program(changed(whole, at))
		_ = Trace(io.Discard, strings.NewReader("runtime.main()\n\t?:0 +0x1\n"), changed(whole, at))
	}
}

// changed is a copy with other bits at an offset.
func changed(b []byte, at int) []byte {
	b = bytes.Clone(b)
	for i := at; i < min(at+8, len(b)); i++ {
		b[i] ^= 0xff
	}
	return b
}

func TestShort(t *testing.T) {
	for name, want := range map[string]string{
		"main.main": "main.main",
		"github.com/edgesio/edgesio/sio.(*Socket).Emit":         "sio.(*Socket).Emit",
		"github.com/edgesio/edgesio/sio.(*Socket).Emit.func1.2": "sio.(*Socket).Emit.func1.2",
		"slices.SortFunc[go.shape.[]encoding/json.field]":       "slices.SortFunc[...]",
		"a/b.F[go.shape.int].func1":                             "b.F[...].func1",
		"vendor/golang.org/x/crypto/chacha20.quarterRound":      "chacha20.quarterRound",
		"runtime.mallocgc":                                      "runtime.mallocgc",
		"internal/runtime/atomic.Xadd":                          "internal/runtime/atomic.Xadd",
		"reflect.Value.Call":                                    "reflect.Value.Call",
		"example.org/runtime.Start":                             "example.org/runtime.Start",
		"example.org/reflect.Start":                             "example.org/reflect.Start",
		"internal/reflectlite.Value.Len":                        "reflectlite.Value.Len",
		"type:.eq.[2]interface {}":                              "type:.eq",
		"type:.hash.struct { a/b.c int }":                       "type:.hash",
		"(a/b.T).M":                                             "(a/b.T).M",
		"":                                                      "",
	} {
		if got := short(name); got != want {
			t.Errorf("%q is %q, not %q", name, got, want)
		}
	}
}
