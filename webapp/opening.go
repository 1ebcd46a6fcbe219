package webapp

import (
	"strings"

	"github.com/edgesio/edgesio/poll"
)

// opening is what a connection that is not HTTP begins with.
type opening struct {
	text string
	take func(c *poll.Conn, rest []byte)
}

// HandleOpening takes connections whose first bytes are text out of HTTP: take
// gets each with the input behind text, valid until take returns, and sets its
// handler. No HTTP request may begin like text: its first byte is no capital
// letter.
func (s *Server) HandleOpening(text string, take func(c *poll.Conn, rest []byte)) {
	if text == "" || text[0] >= 'A' && text[0] <= 'Z' {
		panic("webapp: an HTTP request may begin like " + text)
	}
	s.openings = append(s.openings, opening{text, take})
}

// UnhandleOpening takes an opening back.
func (s *Server) UnhandleOpening(text string) {
	for i := len(s.openings) - 1; i >= 0; i-- {
		if s.openings[i].text == text {
			s.openings = append(s.openings[:i], s.openings[i+1:]...)
		}
	}
}

// opens looks whether the connection's first bytes are an opening, or may become
// one: then they are not for the parser.
func (c *conn) opens() bool {
	for _, o := range c.srv.openings {
		switch n := len(o.text); {
		case len(c.in) >= n && string(c.in[:n]) == o.text:
			pc, rest := c.switched()
			o.take(pc, rest[n:])
			return true
		case len(c.in) < n && strings.HasPrefix(o.text, string(c.in)):
			c.awaitHead()
			return true
		}
	}
	return false
}
