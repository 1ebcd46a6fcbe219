//go:build linux

package main

import (
	"fmt"
	"io"
)

// archive writes an initramfs: cpio in its form "newc" (initramfs buffer format, of the kernel's documentation). Errors
// are kept for the end.
type archive struct {
	out   io.Writer
	inode int
	err   error
}

// Kinds of entries, as stat(2) has them.
const (
	kindFolder = 0o040000
	kindFile   = 0o100000
	kindDevice = 0o020000
)

func (a *archive) folder(name string) { a.add(name, kindFolder|0o755, 0, 0, nil) }

func (a *archive) file(name string, mode int, content []byte) {
	a.add(name, kindFile|mode, 0, 0, content)
}

func (a *archive) device(name string, mode, major, minor int) {
	a.add(name, kindDevice|mode, major, minor, nil)
}

func (a *archive) add(name string, mode, major, minor int, content []byte) {
	a.inode++
	// inode, mode, owner, group, links, time, size, device, number of the device, length of the name, checksum
	head := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", a.inode, mode, 0, 0, 1, 0,
		len(content), 0, 0, major, minor, len(name)+1, 0)
	a.write([]byte(head + name + "\x00" + padding(len(head)+len(name)+1)))
	a.write(content)
	a.write([]byte(padding(len(content))))
}

// padding fills up to a multiple of four bytes.
func padding(n int) string { return "\x00\x00\x00"[:(4-n%4)%4] }

func (a *archive) write(b []byte) {
	if a.err == nil {
		_, a.err = a.out.Write(b)
	}
}

// close writes the mark of the end.
func (a *archive) close() error {
	a.add("TRAILER!!!", 0, 0, 0, nil)
	return a.err
}
