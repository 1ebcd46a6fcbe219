//go:build linux

package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// boot runs a board until it powers off, the input ends, or the time is over. The disk is the same afterwards, or that
// is an error.
func boot(b board, i image, memory int, limit time.Duration, dump string) error {
	before, err := digest(i.root)
	if err != nil {
		return err
	}
	ports, err := freePorts(forwards)
	if err != nil {
		return err
	}
	network := "user,id=net,restrict=on" // the board reaches nobody; who reaches it is on this machine
	for n, port := range ports {
		network += fmt.Sprintf(",hostfwd=tcp:127.0.0.1:%d-10.0.2.%d:8000", port, firstAddress+n)
	}
	line := append(b.qemu[:len(b.qemu):len(b.qemu)], "-m", strconv.Itoa(memory), "-nodefaults", "-no-reboot",
		"-display", "none", "-monitor", "none", "-serial", "stdio", "-kernel", i.kernel, "-initrd", i.initramfs,
		"-append", "console="+b.console+" quiet panic=-1 "+b.options,
		"-drive", "if=none,id=root,format=raw,readonly=on,file="+i.root, "-device", "virtio-blk-"+b.bus+",drive=root",
		"-netdev", network, "-device", "virtio-net-"+b.bus+",netdev=net"+b.nic)
	if dump != "" {
		line = append(line, "-object", "filter-dump,id=dump,netdev=net,file="+dump)
	}
	say("ports %s", strings.Trim(fmt.Sprint(ports), "[]"))
	if err := run(line, limit); err != nil {
		return err
	}
	after, err := digest(i.root)
	if err == nil && after != before {
		err = errors.New("the disk is not what it was")
	}
	if err == nil {
		say("the disk is what it was, %x", after[:8])
	}
	return err
}

func run(line []string, limit time.Duration) error {
	runtime.LockOSThread() // qemu is killed when the thread that started it ends
	raiseDescriptors()
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	left := make(chan struct{})
	go func() {
		_, _ = io.Copy(input, os.Stdin)
		close(left)
	}()
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-left:
		err = errors.New("nobody is at the console any more")
	case <-time.After(limit):
		err = fmt.Errorf("it still runs after %v", limit)
	}
	_ = cmd.Process.Kill()
	return errors.Join(err, <-ended)
}

// raiseDescriptors: a connection is a descriptor of qemu.
func raiseDescriptors() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil && l.Cur < l.Max {
		l.Cur = l.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
	}
}

func digest(path string) (sum [sha256.Size]byte, err error) {
	content, err := os.ReadFile(filepath.Clean(path))
	return sha256.Sum256(content), err
}

// forwards are the ports of this machine that are all the board's port 8000. Qemu listens on each with a queue of one:
// of many who come at once to the same, most would be heard after one, three or seven seconds only.
//
// Each is that of another of the board's addresses (init/prepare.go), because a client keeps its own port on the way,
// and two clients of two ports may have the same: at one address the board would have both for one connection, and
// reset it.
const (
	forwards     = 16
	firstAddress = 15 // 10.0.2.15
)

func freePorts(count int) (ports []int, err error) {
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer io.Closer(l).Close() // when all are known: none twice
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
