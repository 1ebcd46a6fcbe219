package webapp

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll"
)

// shift is a TLS for tests: each byte on the wire is one more, and the farewell
// is a 0xff.
type shift struct{ certs []Cert }

func (s *shift) Layer(*poll.Conn) poll.Layer { return &shifted{} }

var errNoCert = errors.New("no cert")

func (s *shift) AddCert(c Cert) error {
	if c.Cert == "" {
		return errNoCert
	}
	s.certs = append(s.certs, c)
	return nil
}

type shifted struct{ fin bool }

func (l *shifted) Open(dst, wire []byte) ([]byte, error) {
	for _, b := range wire {
		if b == 0xff {
			return dst, io.EOF
		}
		dst = append(dst, b-1)
	}
	if l.fin {
		return dst, io.ErrUnexpectedEOF
	}
	return dst, nil
}

func (l *shifted) Ready() bool { return true }

func (l *shifted) Seal(dst, plain []byte) ([]byte, error) {
	for _, b := range plain {
		dst = append(dst, b+1)
	}
	return dst, nil
}

func (l *shifted) Bye(dst []byte) []byte { return append(dst, 0xff) }
func (l *shifted) Fin()                  { l.fin = true }
func (l *shifted) Release()              {}

// shiftText is s on the wire.
func shiftText(s string, by int) string {
	return strings.Map(func(r rune) rune { return r + rune(by) }, s)
}

// Requests, bodies and answers go through the app's TLS.
func TestTLS(t *testing.T) {
	secure := &shift{}
	r := newRig(t, Options{TLS: secure}, func(app *App) {
		app.Post("/", func(req *Request, res *Response) {
			req.Body(100, func(body []byte, err error) {
				if !req.Secure() || err != nil {
					t.Errorf("secure: %v, %v", req.Secure(), err)
				}
				res.End("got " + string(body))
			})
		})
	})
	if err := r.app.AddCert(Cert{Cert: "x"}); err != nil || len(secure.certs) != 1 {
		t.Errorf("AddCert: %v", err)
	}
	if err := r.app.AddCert(Cert{}); err != errNoCert {
		t.Errorf("AddCert: %v", err)
	}
	p := r.k.Dial("127.0.0.1:80")
	p.WriteString(shiftText("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 1))
	r.run("an answer and FIN", p.EOF)
	got := string(p.Read())
	text, bye := strings.CutSuffix(got, "\xff")
	text = shiftText(text, -1)
	if !bye || !strings.HasPrefix(text, "HTTP/1.1 200 ") || !strings.HasSuffix(text, "\r\n\r\ngot hello") {
		t.Errorf("%q, farewell: %v", text, bye)
	}
	p.Close()
	r.settle()
}

func TestAddCertWithoutTLS(t *testing.T) {
	r := newRig(t, Options{}, func(*App) {})
	if err := r.app.AddCert(Cert{Cert: "x"}); err != ErrNoTLS {
		t.Errorf("AddCert: %v", err)
	}
}

// A ClientHello on a plain port is refused with its first bytes (H34).
func TestClientHelloOnPlainPort(t *testing.T) {
	r := newRig(t, Options{}, func(*App) {})
	p := r.k.Dial("127.0.0.1:80")
	p.WriteString("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
	r.settle()
	if got := string(p.Read()); !p.EOF() || !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("%q, FIN: %v", got, p.EOF())
	}
	p.Close()
	r.settle()
}
