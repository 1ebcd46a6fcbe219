//go:build !race && linux

package sio

import (
	"net/netip"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// What an idle client may hold of the heap on a 64-bit machine: connection, session, client, socket, ids, its room and
// its share of tables and timers. The clients are bare descriptors, so that the heap's growth is the server's.
const (
	idleBytes   = 620
	idleClients = 2000
)

func TestIdleBytes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("the ceiling is that of a 64-bit machine")
	}
	w := newWire(t)
	fds := make([]int, 0, 1+idleClients)
	defer func() {
		for _, fd := range fds {
			syscall.Close(fd)
		}
	}()
	fds = w.idle(t, fds, 1)
	before := heapBytes()
	fds = w.idle(t, fds, idleClients)
	n := (heapBytes() - before) / idleClients
	t.Logf("%d bytes per idle client", n)
	if n > idleBytes {
		t.Errorf("%d bytes per idle client, want at most %d", n, idleBytes)
	}
	if w.io.Len() != 1+idleClients {
		t.Fatalf("%d clients", w.io.Len())
	}
}

// idle opens sessions that join the main namespace and then say nothing.
func (w *wire) idle(t *testing.T, fds []int, n int) []int {
	request := []byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	to := netip.MustParseAddrPort("127.0.0.1:" + strconv.Itoa(w.app.Port()))
	join := masked("40")
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		check(t, err)
		fds = append(fds, fd)
		check(t, syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}))
		for _, b := range [][]byte{request, join} {
			_, err := syscall.Write(fd, b)
			check(t, err)
			for sent := w.loop.Stats().Writes; w.loop.Stats().Writes == sent; {
				check(t, w.loop.Poll(10*time.Millisecond))
			}
		}
	}
	return fds
}

func heapBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
