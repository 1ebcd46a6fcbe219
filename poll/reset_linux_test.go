package poll_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/edgesio/edgesio/poll"
)

// What the system holds for a peer that does not read goes with the connection,
// and does not stay, megabytes of it, as an orphan in FIN-WAIT-1.
func TestLinuxNoOrphan(t *testing.T) {
	l := newLoop(t, poll.Options{})
	var conn *poll.Conn
	var ended error
	s := &side{close: func(s *side) { ended = s.err }}
	ln := listen(t, l, poll.ListenOptions{Address: "127.0.0.1:0", Limits: poll.Limits{HardBytes: 1 << 20},
		Accept: func(c *poll.Conn) poll.Handler { conn = c; return s }})
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	turn(t, l, func() bool { return conn != nil })
	piece := pattern(64 << 10)
	for range 1 << 10 {
		conn.Write(piece)
		if err := l.Poll(0); err != nil {
			t.Fatal(err)
		}
	}
	turn(t, l, func() bool { return l.Stats().Conns == 0 })
	if ended != poll.ErrOverflow {
		t.Fatalf("ended with %v", ended)
	}
	if state := tcpState(t, ln.Addr().Port(), c.LocalAddr().(*net.TCPAddr).Port); state != "" {
		t.Errorf("the system still holds the connection, in state %s", state)
	}
	n, err := io.Copy(io.Discard, c)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer reads %d bytes and %v", n, err)
	}
}

// tcpState is the state, as /proc/net/tcp has it, of a connection between two
// ports of 127.0.0.1; "" for none.
func tcpState(t *testing.T, from uint16, to int) string {
	f, err := os.Open("/proc/self/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	local := binary.NativeEndian.Uint32([]byte{127, 0, 0, 1})
	ends := fmt.Sprintf(" %08X:%04X %08X:%04X ", local, from, local, to)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), ends); ok {
			return rest[:2]
		}
	}
	return ""
}
