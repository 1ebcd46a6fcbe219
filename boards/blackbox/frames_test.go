package blackbox

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// upgradeLines are the headers of a WebSocket handshake.
var upgradeLines = []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}

// knock is a WebSocket request. A line replaces the usual one of its name; "Name:" alone leaves it out.
func knock(target string, lines ...string) string {
	b := "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n"
	for _, l := range upgradeLines {
		name, _, _ := strings.Cut(l, ":")
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") }) {
			b += l + "\r\n"
		}
	}
	for _, l := range lines {
		if !strings.HasSuffix(l, ":") {
			b += l + "\r\n"
		}
	}
	return b + "\r\n"
}

const (
	enginePath = "/socket.io/?EIO=4&transport=websocket"
	pollPath   = "/socket.io/?EIO=4&transport=polling"
)

// opcodes of RFC 6455.
const (
	opText, opBinary, opClose, opPing, opPong = 1, 2, 8, 9, 10
)

// mask is the key of all frames: any will do.
const mask = "\x37\xfa\x21\x3d"

// raw is a masked frame with any first byte.
func raw(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, mask...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i&3])
	}
	return string(b)
}

func text(s string) string { return raw(0x81, s) }

// header is a frame's head with a length in a form of our choice, and no payload.
func header(form byte, length uint64) string {
	b := []byte{0x82, 0x80 | form}
	if form == 126 {
		b = binary.BigEndian.AppendUint16(b, uint16(length))
	} else {
		b = binary.BigEndian.AppendUint64(b, length)
	}
	return string(b) + mask
}

func closing(code uint16, reason string) string {
	return raw(0x88, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// channel is a WebSocket.
type channel struct {
	*conn
	heard []string // text messages so far
	id    string   // of the main namespace's socket
	mute  bool     // pings are not answered
}

// channel opens a WebSocket; what stands behind the request goes into its segment.
func (x *exchange) channel(request, behind string) *channel {
	for {
		c := x.dial().send(request + behind)
		status, ok := c.answerOnly()
		switch {
		case ok && status == 101:
			return &channel{conn: c}
		case status != 503:
			x.fail("no switch: %d", status)
		}
		x.wait(c.header)
	}
}

// switched reads the 101.
func (c *conn) switched() *channel {
	a, ok := c.answerOnly()
	if !ok || a != 101 {
		c.x.fail("no switch: %d", a)
	}
	return &channel{conn: c}
}

// wait obeys a 503, as clients do: the rows together open more sessions in a second
// than the gateway wants.
func (x *exchange) wait(h http.Header) {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		x.fail("503 without Retry-After")
	}
	time.Sleep(time.Duration(seconds) * time.Second)
}

// answerOnly reads a head: behind 101 there is no HTTP.
func (c *conn) answerOnly() (status int, ok bool) {
	for first := true; ; first = false {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return status, false
		}
		if first {
			c.header = http.Header{}
			_, _ = fmt.Sscanf(line, "HTTP/1.1 %d", &status)
		} else if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			c.header.Set(name, value)
		}
		if line == "\r\n" {
			return status, true
		}
	}
}

// readFrame takes a frame of the server's, which is not masked.
func readFrame(r *bufio.Reader) (first byte, payload string, err error) {
	var h [8]byte
	if _, err = io.ReadFull(r, h[:2]); err != nil {
		return 0, "", err
	}
	first = h[0]
	n := uint64(h[1])
	switch n {
	case 126:
		_, err = io.ReadFull(r, h[:2])
		n = uint64(binary.BigEndian.Uint16(h[:]))
	case 127:
		_, err = io.ReadFull(r, h[:8])
		n = binary.BigEndian.Uint64(h[:])
	}
	if err != nil || n > 1<<24 {
		return first, "", fmt.Errorf("frame of %d bytes: %v", n, err)
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r, b)
	return first, string(b), err
}

// read takes the next message; ok is false when the connection ended, and then how tells the close frame's code.
// Engine.IO's pings are answered, and what others brought about is passed over.
func (w *channel) read() (op byte, payload, how string) {
	for {
		first, p, err := readFrame(w.r)
		switch {
		case late(err):
			w.x.fail("no frame")
		case err != nil:
			return 0, "", "cut"
		case first&15 == opClose:
			how = "close"
			if len(p) >= 2 {
				how = fmt.Sprint(binary.BigEndian.Uint16([]byte(p)), " close")
			}
			w.send(raw(0x88, p))
			if rest, err := io.ReadAll(w.r); late(err) || len(rest) > 0 {
				w.x.fail("%s, and then %d bytes and %v", how, len(rest), err)
			}
			return 0, "", how
		case first == 0x81 && p == "2":
			if !w.mute {
				w.send(text("3"))
			}
		case first == 0x81 && (strings.HasPrefix(p, `42["hi"`) || strings.HasPrefix(p, `42["chat"`)):
		default:
			return first, p, ""
		}
	}
}

// say is read for text messages, which are remembered.
func (w *channel) say() (message, how string) {
	op, p, how := w.read()
	if how == "" && op&15 == opText {
		w.heard = append(w.heard, p)
	}
	return p, how
}

// verdict is "open" when a ping is answered, or else how the server closed.
func (w *channel) verdict() string {
	const mark = "are you there"
	if strings.HasSuffix(w.x.want, "open") {
		w.send(raw(0x89, mark))
	}
	for {
		op, p, how := w.read()
		switch {
		case how != "":
			return how
		case op&15 == opPong && p == mark:
			return "open"
		case op&15 == opText:
			w.heard = append(w.heard, p)
		}
	}
}
