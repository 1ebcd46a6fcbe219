package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/boards"
)

// smallTree is a module with a program that does next to nothing.
func smallTree(t *testing.T) *toolchain {
	t.Helper()
	tool, err := newToolchain()
	if err != nil {
		t.Fatal(err)
	}
	tool.root = t.TempDir()
	write(t, tool.root, "go.mod", "module small\n\ngo 1.26\n")
	write(t, tool.root, "main.go", "package main\n\nvar version string\n\nfunc main() { println(version, 1.5*float64(len(version))) }\n")
	return tool
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// built is the small program for a build, with the usual arguments unless others are given.
func built(t *testing.T, tool *toolchain, b boards.Build, args ...string) string {
	t.Helper()
	if args == nil {
		args = arguments("1.2.3")
	}
	return builtFrom(t, tool, ".", b, args)
}

func builtFrom(t *testing.T, tool *toolchain, pkg string, b boards.Build, args []string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	if err := tool.build(&target{build: b, env: b.Env(), args: args}, pkg, file); err != nil {
		t.Fatal(err)
	}
	return file
}

func buildOf(t *testing.T, name string) boards.Build {
	t.Helper()
	p, ok := boards.ByName(name)
	if !ok {
		t.Fatalf("no board %s", name)
	}
	return p.Build
}

// refused demands that verify says all of the sentences.
func refused(t *testing.T, err error, sentences ...string) {
	t.Helper()
	for _, s := range sentences {
		if err == nil || !strings.Contains(err.Error(), s) {
			t.Errorf("verify says\n%v\nwithout %q", err, s)
		}
	}
}

func TestVerify(t *testing.T) {
	tool := smallTree(t)
	arm6, mips, pc := buildOf(t, "rpi-zero"), buildOf(t, "ath79"), buildOf(t, "x86-64")
	forARM, forMIPS, forPC := built(t, tool, arm6), built(t, tool, mips), built(t, tool, pc)
	for file, b := range map[string]boards.Build{forARM: arm6, forMIPS: mips, forPC: pc} {
		if err := verify(file, b, tool.places()); err != nil {
			t.Errorf("%v: %v", b.Env(), err)
		}
	}
	text, err := os.ReadFile(forPC)
	if err != nil || !bytes.Contains(text, []byte("1.2.3")) {
		t.Errorf("main.version is not in the program: %v", err)
	}

	t.Run("another ARM", func(t *testing.T) {
		refused(t, verify(forARM, buildOf(t, "rpi2"), nil), "built with GOARM=6, not GOARM=7")
	})
	t.Run("another machine", func(t *testing.T) {
		refused(t, verify(forARM, buildOf(t, "rpi3"), nil), "it is for EM_ARM ELFCLASS32", "GOARCH=arm, not GOARCH=arm64")
	})
	t.Run("the other byte order", func(t *testing.T) {
		refused(t, verify(forMIPS, buildOf(t, "ramips"), nil), "EM_MIPS ELFCLASS32 ELFDATA2MSB")
	})
	t.Run("a board of no known kind", func(t *testing.T) {
		refused(t, verify(forARM, boards.Build{GOOS: "linux", GOARCH: "pdp11"}, nil), "add a row to cpus")
	})
	t.Run("hard float", func(t *testing.T) {
		hard := mips
		hard.GOMIPS = "hardfloat"
		refused(t, verify(built(t, tool, hard), mips, nil), "not soft float", "GOMIPS=hardfloat, not GOMIPS=softfloat")
	})
	t.Run("symbols", func(t *testing.T) {
		refused(t, verify(built(t, tool, pc, "-trimpath", "-buildvcs=false"), pc, nil), "not stripped")
	})
	t.Run("build id", func(t *testing.T) {
		refused(t, verify(built(t, tool, pc, "-trimpath", "-ldflags=-s -w"), pc, nil), "it has a build id")
	})
	t.Run("paths", func(t *testing.T) {
		err := verify(built(t, tool, pc, "-ldflags=-s -w -buildid="), pc, tool.places())
		refused(t, err, "-trimpath=, not -trimpath=true", "a place of the machine that built it", tool.root+"/main.go")
	})
	t.Run("a dynamic linker", func(t *testing.T) {
		err := verify(built(t, tool, pc, append(arguments("1"), "-buildmode=pie")...), pc, nil)
		refused(t, err, "not a program at a fixed address")
	})
	t.Run("no program", func(t *testing.T) {
		refused(t, verify(filepath.Join(tool.root, "main.go"), pc, nil), "bad magic number")
	})
	t.Run("two builds that differ", func(t *testing.T) {
		one, two := &target{names: []string{"a", "b"}, file: forPC}, &target{file: built(t, tool, pc, arguments("1.2.4")...)}
		refused(t, one.same(two), "a, b: a second build has", "(.rodata) other ones")
		if err := one.same(one); err != nil {
			t.Error(err)
		}
		refused(t, one.same(&target{file: forPC, bill: []byte("{}")}), "a second bill of materials")
	})
}

// Segments as a linker may leave them that is not Go's, and an instruction on a CPU whose header does not tell.
func TestVerifyCrafted(t *testing.T) {
	prog := func(typ elf.ProgType, flags elf.ProgFlag) *elf.File {
		return &elf.File{
			FileHeader: elf.FileHeader{Type: elf.ET_EXEC, Class: elf.ELFCLASS64},
			Progs:      []*elf.Prog{{ProgHeader: elf.ProgHeader{Type: typ, Flags: flags}}},
		}
	}
	refused(t, static(prog(elf.PT_INTERP, 0)), "PT_INTERP", "not static")
	refused(t, static(prog(elf.PT_DYNAMIC, 0)), "PT_DYNAMIC", "not static")
	refused(t, safe(prog(elf.PT_LOAD, elf.PF_R|elf.PF_W|elf.PF_X)), "writable and executable")
	refused(t, safe(prog(elf.PT_GNU_STACK, elf.PF_W|elf.PF_X)), "PT_GNU_STACK")
	if err := safe(prog(elf.PT_LOAD, elf.PF_R|elf.PF_X)); err != nil {
		t.Error(err)
	}
	refused(t, softFloat(prog(elf.PT_LOAD, 0)), "no .text")
	for word, uses := range map[uint32]bool{
		0x46000004: true,  // sqrt.s $f0, $f0
		0xc7a00010: true,  // lwc1 $f0, 16(sp)
		0xd7a00010: true,  // ldc1 $f0, 16(sp)
		0xe7a00010: true,  // swc1 $f0, 16(sp)
		0xf7a00010: true,  // sdc1 $f0, 16(sp)
		0x4c020020: true,  // madd.s $f0, $f0, $f0, $f2
		0x8fa20010: false, // lw v0, 16(sp)
		0x00000000: false, // nop
	} {
		if usesFPU(word) != uses {
			t.Errorf("%08x: usesFPU is %v", word, !uses)
		}
		file := filepath.Join(t.TempDir(), "code")
		if err := os.WriteFile(file, mips64Program(word), 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := elf.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := softFloat(f); (err != nil) != uses {
			t.Errorf("%08x: %v", word, err)
		}
		f.Close()
	}
}

// mips64Program is a big-endian file with one instruction in .text, after some that every CPU has.
func mips64Program(word uint32) []byte {
	const text, strings, sections = 64, 80, 104
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.BigEndian, v) }
	put(elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2MSB), 1}, Version: 1, Ehsize: 64,
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_MIPS), Shoff: sections, Shentsize: 64, Shnum: 3, Shstrndx: 2,
	})
	put([]uint32{0, 0, 0, word})
	b.WriteString("\x00.text\x00.shstrtab\x00.......")
	put([]elf.Section64{
		{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: text, Size: 16, Addr: 0x10000},
		{Name: 7, Type: uint32(elf.SHT_STRTAB), Off: strings, Size: sections - strings},
	})
	return b.Bytes()
}
