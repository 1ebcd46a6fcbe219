//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An archive as the kernel's documentation has it: heads of 110 bytes, names and contents up to a multiple of four.
func TestArchive(t *testing.T) {
	var out bytes.Buffer
	a := &archive{out: &out}
	a.folder("dev")
	a.device("dev/console", 0o600, 5, 1)
	a.file("init", 0o755, []byte("hello"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	want := "070701" + "00000001" + "000041ed" + strings.Repeat("0", 16) + "00000001" + "00000000" + "00000000" +
		strings.Repeat("0", 32) + "00000004" + "00000000" + "dev\x00\x00\x00" +
		"070701" + "00000002" + "00002180" + strings.Repeat("0", 16) + "00000001" + "00000000" + "00000000" +
		strings.Repeat("0", 16) + "00000005" + "00000001" + "0000000c" + "00000000" + "dev/console\x00\x00\x00" +
		"070701" + "00000003" + "000081ed" + strings.Repeat("0", 16) + "00000001" + "00000000" + "00000005" +
		strings.Repeat("0", 32) + "00000005" + "00000000" + "init\x00\x00" + "hello\x00\x00\x00"
	if got := out.String(); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "TRAILER!!!\x00\x00\x00\x00") {
		t.Errorf("%q\nwant\n%q", got, want)
	}
	if out.Len()%4 != 0 {
		t.Errorf("%d bytes", out.Len())
	}
}

// module is the least ELF file that has a section .modinfo.
func module(t *testing.T, dir, name, info string) {
	t.Helper()
	names := "\x00.modinfo\x00.shstrtab\x00"
	head := elf.Header32{Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_ARM), Version: 1, Ehsize: 52, Shentsize: 40,
		Shnum: 3, Shstrndx: 2, Shoff: uint32(52 + len(info) + len(names))}
	copy(head.Ident[:], "\x7fELF\x01\x01\x01")
	var out bytes.Buffer
	sections := []elf.Section32{{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: 52, Size: uint32(len(info))},
		{Name: 10, Type: uint32(elf.SHT_STRTAB), Off: uint32(52 + len(info)), Size: uint32(len(names))}}
	for _, part := range []any{head, []byte(info + names), sections} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, name+".ko"), out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDriversComeAfterWhatTheyNeed(t *testing.T) {
	dir := t.TempDir()
	module(t, dir, "virtio_net", "license=GPL\x00depends=net-failover,virtio\x00name=virtio_net\x00")
	module(t, dir, "net_failover", "depends=failover\x00")
	module(t, dir, "failover", "depends=\x00")
	module(t, dir, "virtio_blk", "depends=virtio\x00") // virtio is part of this kernel
	files, err := driverFiles(kernel{modules: dir}, []string{"virtio_blk", "virtio_net", "squashfs"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".ko"))
	}
	if !slices.Equal(names, []string{"virtio_blk", "failover", "net_failover", "virtio_net"}) {
		t.Error(names)
	}
	if _, err := driverFiles(kernel{modules: t.TempDir()}, []string{"virtio_net"}); err == nil {
		t.Error("a folder without modules will do")
	}
}

func TestKernelOfTheDay(t *testing.T) {
	record := "Package: linux-image-x\nVersion: 6.1.176-1\nDepends: linux-image-6.1.0-50-x (= 6.1.176-1)\n"
	if name, err := dependency([]byte(record), "linux-image-x"); err != nil || name != "linux-image-6.1.0-50-x" {
		t.Error(name, err)
	}
	if name, err := dependency([]byte("Package: linux-image-x\nDepends: kmod\n"), "linux-image-x"); err == nil {
		t.Error(name)
	}
}

func TestPairFits(t *testing.T) {
	cert, key, err := pair()
	if err == nil {
		_, err = tls.X509KeyPair(cert, key)
	}
	if err != nil {
		t.Error(err)
	}
}
