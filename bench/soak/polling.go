//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"unicode/utf16"
)

// polling is the wire over requests, one after the other on one connection.
type polling struct {
	session *session
	conn    net.Conn
	in      *bufio.Reader
	kept    []string // packets that came with the open packet
}

// openPolling makes a session.
func (s *session) openPolling() (*polling, error) {
	c, err := s.dial()
	if err != nil {
		return nil, err
	}
	p := &polling{session: s, conn: c, in: bufio.NewReaderSize(c, 1024)}
	packets, err := p.receive()
	if err != nil {
		return nil, err
	}
	p.kept = packets[1:]
	return p, s.opened(packets[0])
}

func (p *polling) send(packets ...string) error {
	var b strings.Builder
	for i, packet := range packets {
		switch {
		case p.session.version == 3:
			fmt.Fprintf(&b, "%d:", len(utf16.Encode([]rune(packet))))
		case i > 0:
			b.WriteByte(0x1e)
		}
		b.WriteString(packet)
	}
	body, err := p.request("POST", b.String())
	if err == nil && body != "ok" {
		err = fmt.Errorf("POST is answered %.60q", body)
	}
	return err
}

func (p *polling) receive() ([]string, error) {
	if kept := p.kept; len(kept) > 0 {
		p.kept = nil
		return kept, nil
	}
	body, err := p.request("GET", "")
	if err != nil {
		return nil, err
	}
	if body == "" {
		return nil, errors.New("an empty answer to a poll")
	}
	if p.session.version == 4 {
		return strings.Split(body, "\x1e"), nil
	}
	return cut3(body)
}

// cut3 cuts a payload of version 3: each packet behind its length in UTF-16 units; only ASCII comes here.
func cut3(body string) (packets []string, err error) {
	for body != "" {
		digits, rest, ok := strings.Cut(body, ":")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || n < 1 || n > len(rest) {
			return nil, fmt.Errorf("a bad payload: %.60q", body)
		}
		packets, body = append(packets, rest[:n]), rest[n:]
	}
	return packets, nil
}

// begin sends a request.
func (p *polling) begin(method, body string) error {
	path := p.session.path("polling")
	if p.session.version == 3 {
		path += "&b64=1"
	}
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, p.session.address)
	if method == "POST" {
		head += "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	_, err := io.WriteString(p.conn, head+"\r\n"+body)
	return err
}

// request makes a request and returns the body of its answer.
func (p *polling) request(method, body string) (string, error) {
	if err := p.begin(method, body); err != nil {
		return "", err
	}
	reader := textproto.NewReader(p.in)
	status, err := reader.ReadLine()
	if err != nil {
		return "", err
	}
	fields, err := reader.ReadMIMEHeader()
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(fields.Get("Content-Length"))
	if err != nil {
		return "", fmt.Errorf("%s without a length", status)
	}
	answer := make([]byte, n)
	if _, err := io.ReadFull(p.in, answer); err != nil {
		return "", err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return "", fmt.Errorf("%s %s: %.60q", method, status, answer)
	}
	return string(answer), nil
}
