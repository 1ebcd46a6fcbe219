//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
)

// websocket is the wire of RFC 6455: one packet a message, and all of them are text.
type websocket struct {
	conn net.Conn
	in   *bufio.Reader
}

const (
	opText, opClose = 1, 8
	finBit, maskBit = 0x80, 0x80
)

// openWebSocket opens the connection; of a session that is new the open packet is taken.
func (s *session) openWebSocket() (*websocket, error) {
	c, err := s.dial()
	if err != nil {
		return nil, err
	}
	w := &websocket{c, bufio.NewReaderSize(c, 1024)}
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", s.path("websocket"), s.address)
	if err != nil {
		return nil, err
	}
	first, err := w.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(first, "HTTP/1.1 101 ") {
		return nil, fmt.Errorf("refused: %.60q", first)
	}
	for line := ""; line != "\r\n"; {
		if line, err = w.in.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	if s.sid != "" {
		return w, nil
	}
	packets, err := w.receive()
	if err != nil {
		return nil, err
	}
	return w, s.opened(packets[0])
}

func (w *websocket) send(packets ...string) error {
	var b []byte
	for _, p := range packets {
		b = append(b, finBit|opText)
		if len(p) < 126 {
			b = append(b, maskBit|byte(len(p)))
		} else {
			b = append(b, maskBit|126, byte(len(p)>>8), byte(len(p)))
		}
		b = append(b, 0, 0, 0, 0) // a mask that changes nothing
		b = append(b, p...)
	}
	_, err := w.conn.Write(b)
	return err
}

func (w *websocket) receive() ([]string, error) {
	for {
		var head [8]byte
		if _, err := io.ReadFull(w.in, head[:2]); err != nil {
			return nil, err
		}
		op, n := head[0]&15, uint64(head[1])
		switch n {
		case 126:
			if _, err := io.ReadFull(w.in, head[:2]); err != nil {
				return nil, err
			}
			n = uint64(binary.BigEndian.Uint16(head[:]))
		case 127:
			return nil, fmt.Errorf("a frame of 64 KiB or more")
		}
		p := make([]byte, n)
		if _, err := io.ReadFull(w.in, p); err != nil {
			return nil, err
		}
		switch op {
		case opClose:
			return nil, fmt.Errorf("closed: %.60q", p)
		case opText:
			return []string{string(p)}, nil
		}
	}
}
