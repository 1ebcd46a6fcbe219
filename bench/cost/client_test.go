package cost

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/webapp/ws"
)

// served is what the server tells at its end.
type served struct {
	user, system int // nanoseconds of the processor
	turns        int
}

// serve starts a server, sends it events, depth at a time, waits for their acks each time, and lets it end.
func serve(t *testing.T, cmd *exec.Cmd, rounds, depth int) (s served) {
	t.Helper()
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}()
	lines := bufio.NewReader(out)
	addr, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	if err := converse(strings.TrimSpace(addr), rounds, depth); err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	in.Close()
	if _, err := fmt.Fscan(lines, &s.user, &s.system, &s.turns); err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	ended = true
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	return s
}

const upgrade = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

func converse(addr string, rounds, depth int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	mask := [4]byte{1, 2, 3, 4}
	if _, err := io.WriteString(c, upgrade); err != nil {
		return err
	}
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if line == "\r\n" {
			break
		}
	}
	if err := skipFrame(r); err != nil { // open
		return err
	}
	c.Write(ws.AppendMaskedFrame(nil, ws.OpText, mask, []byte("40")))
	if err := skipFrame(r); err != nil { // connect
		return err
	}
	event := ws.AppendMaskedFrame(nil, ws.OpText, mask, []byte(`421["echo","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]`))
	batch := bytes.Repeat(event, depth)
	for range rounds {
		if _, err := c.Write(batch); err != nil {
			return err
		}
		for range depth {
			if err := skipFrame(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// skipFrame reads a short frame of the server's.
func skipFrame(r *bufio.Reader) error {
	head, err := r.Peek(2)
	if err != nil {
		return err
	}
	n := 2 + int(head[1]&0x7f)
	if head[1]&0x7f == 126 {
		if head, err = r.Peek(4); err != nil {
			return err
		}
		n = 4 + int(head[2])<<8 + int(head[3])
	}
	_, err = r.Discard(n)
	return err
}
