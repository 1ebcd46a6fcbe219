package poll_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"golang.org/x/sys/unix"
)

// Connections inherit the options of their listener: nothing is set per accept.
func TestLinuxSocketOptions(t *testing.T) {
	l, h := newLoop(t, poll.Options{}), newEcho()
	ln := listen(t, l, poll.ListenOptions{
		Address: "127.0.0.1:0", Accept: h.Accept, UserTimeout: 7 * time.Second,
		SendBufferBytes: 16 << 10, ReceiveBufferBytes: 16 << 10,
	})
	client(t, l, "tcp", ln.Addr().String(), func(c net.Conn) error {
		c.Write([]byte("x"))
		if _, err := c.Read(make([]byte, 1)); err != nil {
			return err
		}
		fd := descriptorOf(c.LocalAddr().String())
		for _, o := range []struct{ level, name, want int }{
			{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
			{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 7000},
			{unix.SOL_SOCKET, unix.SO_SNDBUF, 32 << 10}, // the kernel doubles it
			{unix.SOL_SOCKET, unix.SO_RCVBUF, 32 << 10},
		} {
			if got, err := unix.GetsockoptInt(fd, o.level, o.name); err != nil || got != o.want {
				t.Errorf("option %d.%d is %d, want %d (%v)", o.level, o.name, got, o.want, err)
			}
		}
		if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
			t.Error("not close-on-exec")
		}
		return nil
	})
}

// descriptorOf finds the socket of this process whose peer is addr.
func descriptorOf(addr string) int {
	for fd := range 1000 {
		sa, err := unix.Getpeername(fd)
		if in, ok := sa.(*unix.SockaddrInet4); ok && err == nil {
			if fmt.Sprintf("127.0.0.1:%d", in.Port) == addr {
				return fd
			}
		}
	}
	return -1
}

const tableEnv = "POLL_TEST_FULL_TABLE"

// A child process with 32 descriptors serves a hundred callers.
func TestLinuxFullTable(t *testing.T) {
	if os.Getenv(tableEnv) != "" {
		serveFullTable()
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestLinuxFullTable$")
	cmd.Env = append(os.Environ(), tableEnv+"=1")
	cmd.Stderr = os.Stderr
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); cmd.Wait() }()
	lines := bufio.NewReader(out)
	addr, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr = strings.TrimSpace(addr)
	var served []net.Conn
	refused := 0
	for range 40 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if answers(c, 200*time.Millisecond) {
			served = append(served, c)
		} else {
			c.Close() // those that were not told yet must not take the room
			refused++
		}
	}
	if len(served) < 10 || refused < 10 {
		t.Fatalf("%d served, %d not", len(served), refused)
	}
	for _, c := range served[:8] {
		c.Close()
	}
	for i := range 4 { // what rested is back within its second
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if !answers(c, 3*time.Second) {
			t.Fatalf("caller %d is not served although there is room", i)
		}
	}
	in.Close()
	rest, _ := io.ReadAll(lines)
	var turns, told int
	if n, err := fmt.Sscanf(string(rest), "turns %d refused %d", &turns, &told); n != 2 {
		t.Fatalf("%q: %v", rest, err)
	}
	if turns > 2000 || told == 0 {
		t.Fatalf("%d turns, %d refused", turns, told)
	}
}

func answers(c net.Conn, within time.Duration) bool {
	c.SetDeadline(time.Now().Add(within))
	c.Write([]byte("x"))
	_, err := c.Read(make([]byte, 1))
	return err == nil
}

func serveFullTable() {
	check := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	l, err := poll.New(poll.Options{})
	check(err)
	h := newEcho()
	ln, err := l.Listen(poll.ListenOptions{Address: "127.0.0.1:0", Accept: h.Accept})
	check(err)
	check(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 32, Max: 32}))
	fmt.Println(ln.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		l.Post(func() {
			s := l.Stats()
			fmt.Printf("turns %d refused %d\n", s.Turns, s.Refused)
			os.Exit(0)
		})
	}()
	for {
		check(l.Poll(-1))
	}
}
