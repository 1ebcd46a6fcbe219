package main

import (
	"bufio"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/edgesio/edgesio/boards"
)

// The ceilings of the gateway's resident memory, with the profile's limit for the Go runtime.
const (
	atStart    = 8 << 20  // bytes, when it has answered its first request
	withIdle   = 16 << 20 // bytes, with idle WebSocket clients of Socket.IO
	idle       = 1000     // clients
	perAddress = 100      // clients of one loopback address
)

// memory measures the gateway. Its resident memory under an emulator is the guest's: a 32-bit guest lives in 4 GB of
// the emulator's addresses, apart from what the emulator needs itself. With 64 bits the two are mixed, so that amd64
// stands for those, without an emulator, beside 386.
func (r *run) memory(ctx context.Context, t *target, b boards.Build, bin string) result {
	res := result{pkg: "memory " + b.GOARCH, profile: t.Name}
	limit := t.RAM / 100 * int64(t.MemoryShare)
	g, err := startGateway(ctx, t.emulated(bin), "-memory", strconv.FormatInt(limit, 10), "-max-conns", "2000",
		"-max-conns-per-address", "-1", "-handshakes", "-1")
	if err != nil {
		res.wrong = append(res.wrong, err.Error())
		return res
	}
	defer g.end()
	base, err := int64(0), error(nil)
	if t.Emulator != "" {
		if base, err = guestBase(g.cmd.Process.Pid, bin); err != nil {
			res.wrong = append(res.wrong, err.Error())
			return res
		}
	}
	check := func(when string, ceiling int64) {
		n, program, err := resident(g.cmd.Process.Pid, base, t.Emulator != "", bin)
		res.notes = append(res.notes, fmt.Sprintf("%s %d kB, %d of them the program's own pages", when, n>>10, program>>10))
		if err != nil {
			res.wrong = append(res.wrong, err.Error())
		} else if n > ceiling {
			res.wrong = append(res.wrong, fmt.Sprintf("%s it holds %d kB, more than %d", when, n>>10, ceiling>>10))
		} else {
			res.passed++
		}
	}
	check("at its start", atStart)
	conns, err := g.crowd(ctx)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	if err != nil {
		res.wrong = append(res.wrong, err.Error())
		return res
	}
	check(fmt.Sprintf("with %d idle clients", idle), withIdle)
	return res
}

// gateway is the program at work.
type gateway struct {
	cmd  *exec.Cmd
	addr string
}

// startGateway starts it and gets its answer to a first request.
func startGateway(ctx context.Context, line []string, args ...string) (*gateway, error) {
	g := &gateway{cmd: exec.CommandContext(ctx, line[0], append(line[1:], append(args, "-listen", "127.0.0.1:0")...)...)}
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	in := bufio.NewReader(out)
	for g.addr == "" {
		text, err := in.ReadString('\n')
		if err != nil {
			return nil, errors.Join(errors.New("the gateway does not start"), err, g.cmd.Wait())
		}
		if u, err := url.Parse(text[strings.LastIndexByte(text, ' ')+1 : len(text)-1]); err == nil && u.Scheme == "http" {
			g.addr = u.Host
		}
	}
	go func() { _, _ = io.Copy(io.Discard, in) }()
	res, err := http.Get("http://" + g.addr + "/index.html")
	if err != nil {
		g.end()
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err = io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		err = errors.Join(fmt.Errorf("the page's status is %d", res.StatusCode), err)
		g.end()
		return nil, err
	}
	http.DefaultClient.CloseIdleConnections()
	return g, nil
}

func (g *gateway) end() {
	_ = g.cmd.Process.Signal(os.Interrupt)
	timer := time.AfterFunc(20*time.Second, func() { _ = g.cmd.Process.Kill() })
	defer timer.Stop()
	_ = g.cmd.Wait()
}

// crowd connects the idle clients, from as many addresses as the gateway's limits for one want.
func (g *gateway) crowd(ctx context.Context) ([]net.Conn, error) {
	var conns []net.Conn
	for i := range idle {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i/perAddress))}}
		c, err := d.DialContext(ctx, "tcp", g.addr)
		if err != nil {
			return conns, err
		}
		conns = append(conns, c)
		if err := join(c, g.addr); err != nil {
			return conns, fmt.Errorf("client %d: %w", i, err)
		}
	}
	return conns, nil
}

// join is the WebSocket handshake, Engine.IO's and Socket.IO's, in its smallest form.
func join(c net.Conn, host string) error {
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: %s\r\n"+
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host); err != nil {
		return err
	}
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("the upgrade's status is %d", res.StatusCode)
	}
	if err := expect(in, "0{"); err != nil {
		return err
	}
	if _, err := c.Write([]byte{0x81, 0x82, 0, 0, 0, 0, '4', '0'}); err != nil { // CONNECT, with a mask of zeros
		return err
	}
	return expect(in, "40{")
}

// expect reads one text frame that has to begin with a text.
func expect(in *bufio.Reader, begin string) error {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return err
	}
	n := int(head[1])
	if n == 126 {
		var long [2]byte
		if _, err := io.ReadFull(in, long[:]); err != nil {
			return err
		}
		n = int(binary.BigEndian.Uint16(long[:]))
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(in, text); err != nil {
		return err
	}
	if head[0] != 0x81 || !strings.HasPrefix(string(text), begin) {
		return fmt.Errorf("want a frame that begins with %s, got %x %q", begin, head, text)
	}
	return nil
}

var mapping = regexp.MustCompile(`^([0-9a-f]+)-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)$`)

// mappings calls visit for each mapping of a process: its address, its file, and its resident bytes.
func mappings(pid int, visit func(at int64, file string, resident int64)) error {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		return err
	}
	at, file := int64(0), ""
	for line := range strings.Lines(string(text)) {
		if m := mapping.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			n, _ := strconv.ParseUint(m[1], 16, 64)
			at, file = int64(n), strings.TrimSuffix(m[2], " (deleted)") // another job builds it again
		} else if rest, ok := strings.CutPrefix(line, "Rss:"); ok {
			kB, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				return err
			}
			visit(at, file, kB<<10)
		}
	}
	return nil
}

// guestBase is where the guest's address 0 lies in the emulator.
func guestBase(pid int, bin string) (int64, error) {
	f, err := elf.Open(bin)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	lowest := int64(1 << 62)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			lowest = min(lowest, int64(p.Vaddr))
		}
	}
	first := int64(-1)
	err = mappings(pid, func(at int64, file string, _ int64) {
		if file == bin && (first < 0 || at < first) {
			first = at
		}
	})
	if err == nil && first < 0 {
		err = errors.New("the emulator has not mapped " + bin)
	}
	return first - lowest, err
}

// resident is the resident memory of a process, or of the 32-bit guest in it, and the part that is its program's file:
// the kernel may drop that and read it again.
func resident(pid int, base int64, guest bool, bin string) (sum, program int64, err error) {
	err = mappings(pid, func(at int64, file string, n int64) {
		if guest && (at < base || at-base >= 1<<32) {
			return
		}
		sum += n
		if file == bin {
			program += n
		}
	})
	return sum, program, err
}

// measured are the builds whose memory is measured for a target, with the name of the row.
func (t *target) measured() []boards.Build {
	switch {
	case t.Emulator == "":
		return []boards.Build{{GOOS: "linux", GOARCH: "386"}, t.Build}
	case t.bits() == 32:
		return []boards.Build{t.Build}
	}
	return nil
}
