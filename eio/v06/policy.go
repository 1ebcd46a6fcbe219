package v06

import (
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// Before Flash opens a socket it asks who may: on port 843, and then on the
// port that it wants, where the question comes instead of a request.

const policyRequest = "<policy-file-request/>\x00"

// flash hands out the policy file.
type flash struct {
	policy   []byte
	listener *poll.Listener // Options.FlashPolicyServer
	inline   bool
}

// appendPolicy appends the policy file: which origins may use which ports. They
// were checked, and have nothing that XML has another meaning for.
func appendPolicy(dst []byte, o *origins) []byte {
	dst = append(dst, `<?xml version="1.0"?>
<!DOCTYPE cross-domain-policy SYSTEM "http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd">
<cross-domain-policy>
`...)
	for _, p := range o.patterns {
		dst = append(dst, `<allow-access-from domain="`+p.host+`" to-ports="`+p.port+"\"/>\n"...)
	}
	return append(dst, "</cross-domain-policy>\n"...)
}

// servePolicy answers the question on the app's port, and on one of its own if
// it is asked for.
func (l *Listener) servePolicy() error {
	f := &l.flash
	f.policy = appendPolicy(nil, &l.origins)
	if address := l.options.FlashPolicyServer; address != "" {
		ln, err := l.loop.Listen(poll.ListenOptions{Address: address, Accept: func(c *poll.Conn) poll.Handler {
			f.tell(c)
			return told{}
		}})
		if err != nil {
			return err
		}
		f.listener = ln
	}
	f.inline = true
	l.web.HandleOpening(policyRequest, func(c *poll.Conn, _ []byte) {
		c.SetHandler(told{})
		f.tell(c)
	})
	return nil
}

func (f *flash) tell(c *poll.Conn) {
	c.Write(f.policy)
	c.Close()
}

func (f *flash) close(web *webapp.Server) {
	if f.inline {
		web.UnhandleOpening(policyRequest)
	}
	if f.listener != nil {
		f.listener.Close()
	}
	*f = flash{}
}

// told is the handler of a connection that has its answer.
type told struct{}

// OnData, OnDrain and OnClose do nothing.
func (told) OnData(*poll.Conn, []byte) {}
func (told) OnDrain(*poll.Conn)        {}
func (told) OnClose(*poll.Conn, error) {}
