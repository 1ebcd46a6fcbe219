package main

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/edgesio/edgesio/boards"
)

// cpu is how the header of a program names a CPU.
type cpu struct {
	machine     elf.Machine
	class       elf.Class
	data        elf.Data
	mask, flags uint32 // what e_flags must have
}

// cpus by GOARCH. The flags: EABI version 5 of ARM; the o32 ABI and MIPS32, and MIPS III, with what Go sets beside.
var cpus = map[string]cpu{
	"amd64":    {machine: elf.EM_X86_64, class: elf.ELFCLASS64, data: elf.ELFDATA2LSB},
	"arm":      {machine: elf.EM_ARM, class: elf.ELFCLASS32, data: elf.ELFDATA2LSB, mask: 0xff000000, flags: 0x05000000},
	"arm64":    {machine: elf.EM_AARCH64, class: elf.ELFCLASS64, data: elf.ELFDATA2LSB},
	"mips":     {machine: elf.EM_MIPS, class: elf.ELFCLASS32, data: elf.ELFDATA2MSB, mask: 0xf000f000, flags: 0x50001000},
	"mipsle":   {machine: elf.EM_MIPS, class: elf.ELFCLASS32, data: elf.ELFDATA2LSB, mask: 0xf000f000, flags: 0x50001000},
	"mips64":   {machine: elf.EM_MIPS, class: elf.ELFCLASS64, data: elf.ELFDATA2MSB, mask: 0xf0000000, flags: 0x20000000},
	"mips64le": {machine: elf.EM_MIPS, class: elf.ELFCLASS64, data: elf.ELFDATA2LSB, mask: 0xf0000000, flags: 0x20000000},
	"riscv64":  {machine: elf.EM_RISCV, class: elf.ELFCLASS64, data: elf.ELFDATA2LSB},
}

// verify tells everything that is wrong with a program for a board: what it is linked to, its CPU, symbols that were
// left in, and places of the machine that built it.
func verify(path string, b boards.Build, places []string) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return err
	}
	failed := []error{static(f), stripped(f), safe(f), rightCPU(f, image, b), rightBuild(image, b), placeless(image, places)}
	if b.GOMIPS == "softfloat" || b.GOMIPS64 == "softfloat" {
		failed = append(failed, softFloat(f))
	}
	return errors.Join(failed...)
}

// static: no dynamic linker, no shared library.
func static(f *elf.File) error {
	if f.Type != elf.ET_EXEC {
		return fmt.Errorf("it is %v, not a program at a fixed address", f.Type)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			libs, _ := f.ImportedLibraries()
			return fmt.Errorf("it has %v and needs %q: it is not static", p.Type, libs)
		}
	}
	return nil
}

// stripped: neither symbols, nor debug information, nor a build id, which would tell equal builds apart.
func stripped(f *elf.File) error {
	var failed []error
	for _, s := range f.Sections {
		switch {
		case s.Type == elf.SHT_SYMTAB || strings.HasPrefix(s.Name, ".debug") || strings.HasPrefix(s.Name, ".zdebug"):
			failed = append(failed, fmt.Errorf("section %s: it is not stripped", s.Name))
		case s.Type == elf.SHT_NOTE && strings.Contains(s.Name, "build"):
			failed = append(failed, fmt.Errorf("section %s: it has a build id", s.Name))
		}
	}
	return errors.Join(failed...)
}

// safe: nothing is both writable and executable, neither a segment nor the stack.
func safe(f *elf.File) error {
	const both = elf.PF_W | elf.PF_X
	for _, p := range f.Progs {
		if p.Flags&both == both {
			return fmt.Errorf("%v at %#x is writable and executable", p.Type, p.Vaddr)
		}
	}
	return nil
}

// rightCPU compares the header.
func rightCPU(f *elf.File, image []byte, b boards.Build) error {
	want, ok := cpus[b.GOARCH]
	if !ok || b.GOOS != "linux" {
		return fmt.Errorf("nothing is known of programs for %s/%s: add a row to cpus", b.GOOS, b.GOARCH)
	}
	at := 0x24 // e_flags, which debug/elf keeps to itself
	if f.Class == elf.ELFCLASS64 {
		at = 0x30
	}
	flags := f.ByteOrder.Uint32(image[at:])
	if f.Machine != want.machine || f.Class != want.class || f.Data != want.data || flags&want.mask != want.flags {
		return fmt.Errorf("it is for %v %v %v flags %#x; %s is %v %v %v flags %#x", f.Machine, f.Class, f.Data,
			flags&want.mask, b.GOARCH, want.machine, want.class, want.data, want.flags)
	}
	return nil
}

// rightBuild compares what the compiler noted: the header does not tell one ARM from another.
func rightBuild(image []byte, b boards.Build) error {
	info, err := buildinfo.Read(bytes.NewReader(image))
	if err != nil {
		return err
	}
	has := make(map[string]string)
	for _, s := range info.Settings {
		has[s.Key] = s.Value
		if strings.HasPrefix(s.Key, "vcs") {
			return fmt.Errorf("%s=%s: a copy of the tree would build something else", s.Key, s.Value)
		}
	}
	for _, pair := range append(b.Env(), "CGO_ENABLED=0", "-trimpath=true") {
		if key, value, _ := strings.Cut(pair, "="); has[key] != value {
			return fmt.Errorf("it was built with %s=%s, not %s", key, has[key], pair)
		}
	}
	return nil
}

// fpABISoft is Val_GNU_MIPS_ABI_FP_SOFT, in byte 7 of .MIPS.abiflags.
const fpABISoft = 3

// softFloat: no instruction of the floating point unit, which would trap on each pass where there is none. The 32-bit
// ABI has a section that promises it; the code itself shows it for both. Go has nothing but instructions in .text.
func softFloat(f *elf.File) error {
	if s := f.Section(".MIPS.abiflags"); s != nil {
		if abi, err := s.Data(); err != nil || len(abi) < 8 || abi[7] != fpABISoft {
			return fmt.Errorf(".MIPS.abiflags are % x: not soft float", abi)
		}
	} else if f.Class == elf.ELFCLASS32 {
		return errors.New("it has no .MIPS.abiflags")
	}
	s := f.Section(".text")
	if s == nil {
		return errors.New("it has no .text")
	}
	code, err := s.Data()
	if err != nil {
		return err
	}
	for i := 0; i+4 <= len(code); i += 4 {
		if word := f.ByteOrder.Uint32(code[i:]); usesFPU(word) {
			return fmt.Errorf("%#x: the instruction %08x needs a floating point unit", s.Addr+uint64(i), word)
		}
	}
	return nil
}

// usesFPU tells from the opcode of MIPS: COP1, COP1X, LWC1, LDC1, SWC1, SDC1.
func usesFPU(word uint32) bool {
	switch word >> 26 {
	case 0x11, 0x13, 0x31, 0x35, 0x39, 0x3d:
		return true
	}
	return false
}

// placeless: no folder of the machine that built it.
func placeless(image []byte, places []string) error {
	for _, place := range places {
		if len(place) < len("/x") {
			continue // no home, or the root folder
		}
		if at := bytes.Index(image, []byte(place+"/")); at >= 0 {
			end := bytes.IndexFunc(image[at:min(at+100, len(image))], func(r rune) bool { return r < ' ' || r > '~' })
			return fmt.Errorf("at %#x it names %q: a place of the machine that built it", at, image[at:at+max(end, 0)])
		}
	}
	return nil
}

// differ tells where two programs differ, for people who look for the reason.
func differ(a, b []byte) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	in := "the header"
	if f, err := elf.NewFile(bytes.NewReader(a)); err == nil {
		for _, s := range f.Sections {
			if s.Type != elf.SHT_NOBITS && s.Offset > 0 && uint64(n) >= s.Offset && uint64(n) < s.Offset+s.FileSize {
				in = s.Name
			}
		}
	}
	return fmt.Sprintf("%d and %d bytes, and from %#x on (%s) other ones", len(a), len(b), n, in)
}
