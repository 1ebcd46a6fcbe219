package ws

import (
	"strconv"
	"strings"
)

// RFC 6455, section 9.1, and RFC 7692, sections 5 and 7.1: what client and server agree on about permessage-deflate.

// Terms are an agreement about compression. The zero Terms are: none.
type Terms struct {
	// Window says how far back in a message a frame to the client may refer, as a power of two: 8 to 15, or 0 for no
	// compression at all. A Deflater does not look at it, so messages of more than 1<<Window bytes go as they are.
	Window uint8
	named  bool // the client asked for it, and must be answered
}

const (
	minWindow = 8
	maxWindow = 15
)

// Side is the Server's state for NewReader.
func (t Terms) Side() State {
	if t.Window == 0 {
		return Server
	}
	return Server | Deflate
}

// NegotiateDeflate reads the combined values of Sec-WebSocket-Extensions and takes the first offer of
// permessage-deflate that is in order: known parameters, none twice, with values as section 7.1 wants them. Other
// offers and other extensions are passed over. A value that is no list of extensions refuses the handshake (RFC 6455,
// section 9.1).
func NegotiateDeflate(extensions string) (Terms, *Refusal) {
	var terms Terms
	for rest, more := extensions, extensions != ""; more; {
		var offer Terms
		var ok, valid bool
		if offer, ok, rest, valid = nextOffer(rest); !valid {
			return Terms{}, refusedExtensions
		}
		if ok && terms.Window == 0 {
			terms = offer
		}
		if more = rest != ""; more {
			rest = rest[1:] // the comma
		}
	}
	return terms, nil
}

// AppendLine appends the header line that accepts the terms, for AppendSwitch; nothing if there are none. Both sides
// start every message afresh.
func (t Terms) AppendLine(dst []byte) []byte {
	if t.Window == 0 {
		return dst
	}
	dst = append(dst, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "+
		"client_no_context_takeover"...)
	if t.named {
		dst = append(dst, "; server_max_window_bits="...)
		dst = strconv.AppendUint(dst, uint64(t.Window), 10)
	}
	return append(dst, "\r\n"...)
}

// nextOffer takes one element off a list of extensions, up to its comma or the end, and tells whether it is an offer
// that we accept. An element that is empty is valid and no offer (RFC 9110, section 5.6.1).
func nextOffer(list string) (offer Terms, ok bool, rest string, valid bool) {
	name, rest := cutToken(list)
	rest = skipBlank(rest)
	if name == "" {
		return offer, false, rest, rest == "" || rest[0] == ','
	}
	offer.Window = maxWindow
	ok = name == "permessage-deflate"
	var seen parameters
	for rest != "" && rest[0] == ';' {
		var value string
		if name, value, rest, valid = nextParameter(rest[1:]); !valid {
			return offer, false, rest, false
		}
		ok = ok && seen.add(name) && offer.apply(name, value)
	}
	return offer, ok, rest, rest == "" || rest[0] == ','
}

// nextParameter takes name or name=value off the list. A value is never empty; it may be quoted if what is within is a
// token.
func nextParameter(list string) (name, value, rest string, valid bool) {
	name, rest = cutToken(skipBlank(list))
	if name == "" {
		return "", "", rest, false
	}
	rest = skipBlank(rest)
	if rest == "" || rest[0] != '=' {
		return name, "", rest, true
	}
	rest = skipBlank(rest[1:])
	quoted := rest != "" && rest[0] == '"'
	if quoted {
		rest = rest[1:]
	}
	value, rest = cutToken(rest)
	if quoted {
		if rest == "" || rest[0] != '"' {
			return "", "", rest, false
		}
		rest = rest[1:]
	}
	return name, value, skipBlank(rest), value != ""
}

// parameters is the set of those that an offer has named.
type parameters uint8

// add reports whether the parameter is known and was not named before.
func (p *parameters) add(name string) bool {
	for i, known := range [...]string{"server_no_context_takeover", "client_no_context_takeover",
		"server_max_window_bits", "client_max_window_bits"} {
		if name == known {
			bit := parameters(1) << i
			fresh := *p&bit == 0
			*p |= bit
			return fresh
		}
	}
	return false
}

// apply takes a known parameter into the terms, if its value is valid. What a client says of its own window, and that
// it can do without a window across messages, needs no answer: we ask for the latter and take any window.
func (t *Terms) apply(name, value string) bool {
	switch name {
	case "server_max_window_bits":
		t.named = true
		t.Window = windowBits(value)
		return t.Window != 0
	case "client_max_window_bits":
		return value == "" || windowBits(value) != 0
	}
	return value == ""
}

// windowBits reads 8 to 15, without leading zeros; 0 is anything else.
func windowBits(value string) uint8 {
	for n := minWindow; n <= maxWindow; n++ {
		if value == strconv.Itoa(n) {
			return uint8(n)
		}
	}
	return 0
}

func cutToken(s string) (token, rest string) {
	s = skipBlank(s)
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

func skipBlank(s string) string { return strings.TrimLeft(s, " \t") }
