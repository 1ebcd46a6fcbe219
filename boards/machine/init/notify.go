//go:build linux

package main

import (
	"net"
	"os"
)

// notifyPath is the NOTIFY_SOCKET.
const notifyPath = "/tmp/notify"

// listenNotify passes on what is said there.
func listenNotify(states chan<- string) error {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notifyPath, Net: "unixgram"})
	if err != nil {
		return err
	}
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			states <- string(b[:n])
		}
	}()
	return os.Chmod(notifyPath, 0o777)
}
