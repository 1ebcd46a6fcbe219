package v06

import (
	"errors"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/webapp"
)

// origins are the patterns of Options.Origins.
type origins struct {
	patterns []pattern
	anyone   bool // one of them is *:*
}

// pattern is "host:port", with "*" for any.
type pattern struct{ host, port string }

func parseOrigins(list []string) (o origins, err error) {
	for _, text := range list {
		p, ok := splitHost(text)
		if !ok {
			return o, errors.New("v06: origin " + strconv.Quote(text) + ` is not "host:port" in lower case, with * for any`)
		}
		o.patterns = append(o.patterns, p)
		o.anyone = o.anyone || p == pattern{"*", "*"}
	}
	return o, nil
}

// splitHost splits "host:port" and checks both.
func splitHost(text string) (p pattern, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return p, false
	}
	p = pattern{text[:i], text[i+1:]}
	n, err := strconv.ParseUint(p.port, 10, 16)
	return p, isHost(p.host) && (p.port == "*" || err == nil && n > 0 && p.port == strconv.FormatUint(n, 10))
}

// isHost tells whether host is "*", a name in lower case, an IPv4 address or an
// IPv6 address in brackets.
func isHost(host string) bool {
	if host == "*" {
		return true
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && strings.Trim(inner, "0123456789abcdef:.") == ""
	}
	return host != "" && strings.Trim(host, "0123456789abcdefghijklmnopqrstuvwxyz-._") == ""
}

// allows tells whether an origin as browsers send it matches: scheme://host, and
// the port unless it is the scheme's own.
func (o *origins) allows(origin string) bool {
	if o.anyone {
		return true
	}
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok {
		return false
	}
	if strings.LastIndexByte(host, ':') <= strings.LastIndexByte(host, ']') {
		switch scheme {
		case "http":
			host += ":80"
		case "https":
			host += ":443"
		}
	}
	at, ok := splitHost(host)
	if !ok || at.host == "*" || at.port == "*" {
		return false
	}
	for _, p := range o.patterns {
		if (p.host == "*" || p.host == at.host) && (p.port == "*" || p.port == at.port) {
			return true
		}
	}
	return false
}

// admits is the one decision about a request. A page's own requests have no
// Origin, and another's cannot read the answer; but a WebSocket's always have
// one, and a script element's never: its page is in the Referer.
func (o *origins) admits(req *webapp.Request, t transport) bool {
	if o.anyone {
		return true
	}
	if origin, sent := req.HeaderLookup("Origin"); sent {
		return o.allows(string(origin))
	}
	if t != jsonpPolling {
		return !t.sockets()
	}
	scheme, rest, _ := strings.Cut(req.Header("Referer"), "://")
	host, _, _ := strings.Cut(rest, "/")
	return o.allows(scheme + "://" + host)
}

// share lets the page of another origin that was admitted read the answer.
func (o *origins) share(req *webapp.Request, res *webapp.Response) {
	origin, sent := req.HeaderLookup("Origin")
	switch {
	case o.anyone:
		if sent {
			res.Set("Access-Control-Allow-Origin", "*")
		}
		return
	case sent:
		res.Set("Access-Control-Allow-Origin", string(origin))
		res.Set("Access-Control-Allow-Credentials", "true")
	}
	res.Set("Vary", "Origin")
}
