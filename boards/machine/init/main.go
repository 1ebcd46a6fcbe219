//go:build linux

// Init is the first and only other program of the machines that boards/machine boots: it is what a board's init, its
// service manager and its serial console are to the gateway.
//
// The kernel starts it twice. In the initramfs (boot.go) it loads the drivers and moves to the read-only root; there
// (service.go) it starts the gateway as a user without rights, starts it again when it ends, kills it when it does not
// give signs of life, and tells on the console what happens. Lines on the console are commands, see console.go.
//
// What it prints begins with "init: ", for the program at the other end of the serial line.
package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// settled is what the second life is started as.
const settled = "/sbin/init"

func main() {
	if os.Getpid() != 1 {
		fmt.Println("this is the first program of a machine")
		os.Exit(2)
	}
	if os.Args[0] != settled {
		die("the root could not be mounted", enter())
	}
	if err := prepare(); err != nil {
		die("the machine could not be prepared", err)
	}
	m := newManager()
	commands := make(chan string)
	go readConsole(commands)
	if err := m.use("gateway"); err != nil {
		die("there is no service", err)
	}
	m.run(commands)
}

// say writes a line to the console.
func say(format string, args ...any) {
	fmt.Printf("init: "+format+"\n", args...)
}

// die tells why there is no machine, and powers it off.
func die(what string, err error) {
	say("failed: %s: %v", what, err)
	powerOff()
}

// powerOff does not return.
func powerOff() {
	unix.Sync()
	time.Sleep(200 * time.Millisecond) // the last line is on its way through the serial line
	err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	say("failed: power off: %v", err)
	select {}
}
