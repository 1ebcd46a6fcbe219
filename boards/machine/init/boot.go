//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// modules is the folder of the drivers in the initramfs, modules.list their names in the order to load them.
const (
	modules     = "/modules/"
	moduleList  = modules + "list"
	rootDevice  = "/dev/vda"
	rootPoint   = "/new"
	deviceWait  = 10 * time.Second
	deviceCheck = 20 * time.Millisecond
)

// enter is the life in the initramfs. It returns only if that fails.
func enter() error {
	if err := unix.Mount("dev", "/dev", "devtmpfs", unix.MS_NOSUID, "mode=0755"); err != nil && err != unix.EBUSY {
		return fmt.Errorf("devtmpfs: %w", err)
	}
	list, err := os.ReadFile(moduleList)
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(string(list)) {
		if err := load(modules + name); err != nil {
			return fmt.Errorf("driver %s: %w", name, err)
		}
	}
	for waited := time.Duration(0); ; waited += deviceCheck {
		if _, err := os.Stat(rootDevice); err == nil {
			break
		} else if waited > deviceWait {
			return err
		}
		time.Sleep(deviceCheck)
	}
	if err := unix.Mount(rootDevice, rootPoint, "squashfs", unix.MS_RDONLY|unix.MS_NODEV|unix.MS_NOSUID, ""); err != nil {
		return fmt.Errorf("squashfs: %w", err)
	}
	return switchRoot()
}

func load(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer io.Closer(file).Close()
	if err := unix.FinitModule(int(file.Fd()), "", 0); err != nil && err != unix.EEXIST {
		return err
	}
	return nil
}

// switchRoot is switch_root(8): the initramfs is emptied, as its files are memory, and covered by the root.
func switchRoot() error {
	if err := unix.Mount("/dev", rootPoint+"/dev", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("moving /dev: %w", err)
	}
	for _, path := range []string{modules, "/init"} {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	if err := unix.Chdir(rootPoint); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("moving the root: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	return unix.Exec(settled, []string{settled}, os.Environ())
}
