//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

type transport string

const (
	websocketOnly transport = "websocket"
	pollingOnly   transport = "polling"
	upgraded      transport = "upgrade"
)

// ending is how a session ends.
type ending string

const (
	farewell  ending = "farewell"  // the namespace is left, then the engine closed
	closing   ending = "closing"   // the engine is closed
	fin       ending = "fin"       // the connection is closed, without a word
	rst       ending = "rst"       // it is reset
	abandoned ending = "abandoned" // no request comes any more
)

// session is one client, from its first connection to its end.
type session struct {
	address     string
	number      int64
	version     int // of Engine.IO
	transport   transport
	end         ending
	asks        int
	chats       bool
	sid         string
	wire        wire
	connections []*net.TCPConn
}

// wire carries Engine.IO packets; each is its type and its data.
type wire interface {
	send(packets ...string) error
	// receive returns the next packets, one at least.
	receive() ([]string, error)
}

// patience with the server, which is never idle here.
const patience = 20 * time.Second

func (s *session) kind() string {
	return fmt.Sprintf("%d %s %s", s.version, s.transport, s.end)
}

// play runs the session.
func (s *session) play() (err error) {
	defer func() {
		for _, c := range s.connections {
			if s.end == rst && err == nil {
				err = c.SetLinger(0)
			}
			c.Close()
		}
	}()
	if s.transport == websocketOnly {
		if s.wire, err = s.openWebSocket(); err != nil {
			return fmt.Errorf("websocket: %w", err)
		}
	} else if s.wire, err = s.openPolling(); err != nil {
		return fmt.Errorf("polling: %w", err)
	}
	for _, step := range []func() error{s.join, s.upgrade, s.talk, s.leave} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// dial opens a connection from an address of the session's own: no limit for one address is what this is about.
func (s *session) dial() (*net.TCPConn, error) {
	from := &net.TCPAddr{IP: net.IPv4(127, 1, byte(s.number>>8), byte(s.number))}
	d := net.Dialer{Timeout: patience, LocalAddr: from}
	c, err := d.Dial("tcp", s.address)
	if err != nil {
		return nil, err
	}
	tcp := c.(*net.TCPConn)
	s.connections = append(s.connections, tcp)
	return tcp, tcp.SetDeadline(time.Now().Add(patience))
}

// path is the target of a request.
func (s *session) path(transport string) string {
	path := "/socket.io/?EIO=" + strconv.Itoa(s.version) + "&transport=" + transport
	if s.sid != "" {
		path += "&sid=" + s.sid
	}
	return path
}

// opened takes the session id of the open packet.
func (s *session) opened(packet string) error {
	_, rest, found := strings.Cut(packet, `"sid":"`)
	sid, _, ended := strings.Cut(rest, `"`)
	if packet == "" || packet[0] != '0' || !found || !ended {
		return fmt.Errorf("no open packet: %.60q", packet)
	}
	s.sid = sid
	return nil
}

// join joins the main namespace, which clients of version 3 are in without asking.
func (s *session) join() error {
	if s.version == 4 {
		if err := s.wire.send("40"); err != nil {
			return fmt.Errorf("join: %w", err)
		}
	}
	if err := s.await("40"); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	return nil
}

// await takes packets until one that begins like that; heartbeats are answered, events of others passed over.
func (s *session) await(prefix string) error {
	for {
		packets, err := s.wire.receive()
		if err != nil {
			return err
		}
		found := false
		for _, p := range packets {
			switch {
			case strings.HasPrefix(p, prefix):
				found = true
			case p == "2":
				if err := s.wire.send("3"); err != nil {
					return err
				}
			case p == "1" || strings.HasPrefix(p, "41") || strings.HasPrefix(p, "44"):
				return fmt.Errorf("thrown out: %.60q", p)
			case p == "6", strings.HasPrefix(p, "42["), strings.HasPrefix(p, "40"), strings.HasPrefix(p, "43"):
			default:
				return fmt.Errorf("what is %.60q", p)
			}
		}
		if found {
			return nil
		}
	}
}

// upgrade moves to a WebSocket, by a probe.
func (s *session) upgrade() error {
	if s.transport != upgraded {
		return nil
	}
	w, err := s.openWebSocket()
	if err == nil {
		err = w.send("2probe")
	}
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	packets, err := w.receive()
	if err != nil || len(packets) != 1 || packets[0] != "3probe" {
		return fmt.Errorf("upgrade: no answer to the probe: %.60q, %w", packets, err)
	}
	s.wire = w
	return w.send("5")
}

// talk asks for acks, and says something to everybody.
func (s *session) talk() error {
	for i := range s.asks {
		id := strconv.Itoa(i)
		if err := s.wire.send("42" + id + `["req"]`); err != nil {
			return fmt.Errorf("ask: %w", err)
		}
		if err := s.await("43" + id + `["hello world"]`); err != nil {
			return fmt.Errorf("ask: %w", err)
		}
	}
	if s.chats {
		said := fmt.Sprintf("number %d", s.number)
		if err := s.wire.send(`42["chat","` + said + `"]`); err != nil {
			return fmt.Errorf("chat: %w", err)
		}
		if err := s.await(`42["chat","client_`); err != nil {
			return fmt.Errorf("chat: %w", err)
		}
	}
	return nil
}

// leave ends the session.
func (s *session) leave() error {
	var last []string
	switch s.end {
	case farewell:
		last = []string{"41", "1"}
	case closing:
		last = []string{"1"}
	case fin, rst:
		if p, ok := s.wire.(*polling); ok {
			return p.begin("GET", "") // a client has a poll standing: its end is the connection's
		}
		return nil
	default:
		return nil
	}
	if err := s.wire.send(last...); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}
