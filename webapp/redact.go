package webapp

import (
	"bytes"

	"github.com/edgesio/edgesio/eos"
)

// Secrets in log lines: what a peer sent is shown there, but for the values of
// some names, as a query ("name=value"), a header line ("Name: value") or JSON
// ("\"name\":\"value\"") has them.

// masked stands for a value.
const masked = "***"

// Hide keeps what follows these names out of the limiter's lines. Case does not
// matter. Without it the values of edger-token and edger-srand are left out.
func (l *LogLimiter) Hide(names ...string) { l.hidden = names }

// platformSecrets are hidden in any case.
var platformSecrets = []string{"edger-token", "edger-srand"}

// redact returns b with the values of hidden names masked: b itself when there
// are none.
func redact(b []byte, names []string) []byte {
	for _, list := range [...][]string{platformSecrets, names} {
		for _, name := range list {
			b = mask(b, name)
		}
	}
	return b
}

// mask replaces the values of one name.
func mask(b []byte, name string) []byte {
	for at := 0; at+len(name) < len(b); at++ {
		if !fold(b[at:at+len(name)], name) {
			continue
		}
		from := at + len(name)
		for from < len(b) && bytes.IndexByte([]byte("\"= :\t"), b[from]) >= 0 {
			from++
		}
		end := from
		for end < len(b) && bytes.IndexByte([]byte("&\"; \r\n"), b[end]) < 0 {
			end++
		}
		if from == at+len(name) || string(b[from:end]) == masked {
			continue
		}
		b = append(append(append([]byte(nil), b[:from]...), masked...), b[end:]...)
		at = from
	}
	return b
}

// LogTarget is Target as it may stand in a log: with *** for the values of token
// and srand.
func (r *Request) LogTarget() string {
	if !r.may(eos.RequestURL) {
		return ""
	}
	return string(redact(r.target(), r.secrets()))
}

// LogHeader is Header likewise: a token or srand itself, or a URL that has one.
func (r *Request) LogHeader(name string) string {
	v, ok := r.HeaderLookup(name)
	for _, list := range [...][]string{platformSecrets, r.secrets()} {
		for _, secret := range list {
			if ok && fold(name, secret) {
				return masked
			}
		}
	}
	return string(redact(v, r.secrets()))
}

// secrets are the names that the server's log hides.
func (r *Request) secrets() []string {
	if r.c == nil {
		return nil
	}
	return r.c.srv.log.hidden
}
