//go:build linux

package main

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// The machine's addresses in qemu's user network, one for each port of the machine outside (boards/machine/guest.go);
// 10.0.2.2 is everybody there. They need no route but that of the link.
var (
	address = netip.MustParseAddr("10.0.2.15")
	netmask = netip.MustParseAddr("255.255.255.0")
)

const addresses = 16

// prepare mounts what is not on the disk and brings the network up.
func prepare() error {
	const quiet = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	for _, m := range []struct {
		kind, at, options string
	}{
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"tmpfs", "/tmp", "size=4m,mode=1777"}, // the only place to write to
	} {
		if err := unix.Mount(m.kind, m.at, m.kind, quiet, m.options); err != nil {
			return fmt.Errorf("%s: %w", m.at, err)
		}
	}
	if err := unix.Sethostname([]byte("board")); err != nil {
		return err
	}
	// What it may hold is its service's; a crash writes nothing.
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	if err := linkUp("lo", netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("255.0.0.0")); err != nil {
		return err
	}
	for n, a := 0, address; n < addresses; n, a = n+1, a.Next() {
		name := "eth0"
		if n > 0 {
			name = fmt.Sprintf("eth0:%d", n)
		}
		if err := linkUp(name, a, netmask); err != nil {
			return err
		}
	}
	return nil
}

// linkUp gives an interface its address, netdevice(7).
func linkUp(name string, addr, mask netip.Addr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	for _, set := range []struct {
		request uint
		addr    netip.Addr
	}{{unix.SIOCSIFADDR, addr}, {unix.SIOCSIFNETMASK, mask}} {
		a := set.addr.As4()
		if err := ifr.SetInet4Addr(a[:]); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(fd, set.request, ifr); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
