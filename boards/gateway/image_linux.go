package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// dropImage takes the pages of the program's file out of the process: code, constants, the runtime's tables. The
// start touches nearly all of them, for the kernel maps the neighbours of each, and to serve needs less. They stay in
// the page cache, and who needs one finds it there again, without a read; but when memory is short the kernel takes
// first what no process maps, and the pages of programs last.
//
// Not under a debugger: its breakpoints are in these pages, and would be lost.
func dropImage(root fs.FS) {
	status, err := fs.ReadFile(root, "proc/self/status")
	if err != nil || !bytes.Contains(status, []byte("\nTracerPid:\t0\n")) {
		return
	}
	head := make([]byte, 1024)
	f, err := root.Open("proc/self/exe")
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	n, _ := io.ReadFull(f, head)
	for _, s := range constantSegments(head[:n]) {
		page := uint64(os.Getpagesize())
		from, to := (s.from+page-1)/page*page, s.to/page*page
		if from < to { // refused where memory is locked, which is to be resident
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED)
		}
	}
}

// segment is a range of addresses.
type segment struct{ from, to uint64 }

// constantSegments finds in the head of an ELF file for this machine what is mapped of it and is not writable. Of a
// file that is relocated when it is loaded that is nothing: those pages have changed.
func constantSegments(head []byte) (list []segment) {
	const (
		size     = strconv.IntSize / 8 // of an address
		fixed    = 2                   // e_type: ET_EXEC
		load     = 1                   // p_type: PT_LOAD
		writable = 2                   // p_flags: PF_W
		count    = 24 + 3*size + 8     // where e_phnum is; e_phentsize is before it
	)
	order := binary.NativeEndian
	word := func(b []byte) uint64 {
		if size == 4 {
			return uint64(order.Uint32(b))
		}
		return order.Uint64(b)
	}
	if len(head) < count+2 || string(head[:4]) != "\x7fELF" || order.Uint16(head[16:]) != fixed {
		return nil
	}
	at, each := word(head[24+size:]), uint64(order.Uint16(head[count-2:]))
	for range order.Uint16(head[count:]) {
		if each < 7*size || at > uint64(len(head)) || uint64(len(head))-at < each {
			return nil
		}
		p := head[at : at+each]
		flags := order.Uint32(p[4:])
		if size == 4 {
			flags = order.Uint32(p[24:])
		}
		if order.Uint32(p) == load && flags&writable == 0 {
			from := word(p[2*size:])
			list = append(list, segment{from, from + word(p[4*size:])})
		}
		at += each
	}
	return list
}
