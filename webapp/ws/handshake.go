package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"
)

// RFC 6455, section 4.2: the server's side of the opening handshake, on a request that HTTP has already parsed and
// bounded.

// Request is what a handshake depends on. The header values are combined field values (RFC 9110, section 5.2): the
// lines of one name joined by commas, "" when there is none; so a Key or a Version that comes twice is not valid. Add
// fills them line by line.
type Request struct {
	Method     string // "GET"
	Proto      string // "HTTP/1.1"
	Upgrade    string
	Connection string
	Key        []byte // Sec-WebSocket-Key
	Version    string // Sec-WebSocket-Version
	Protocol   string // Sec-WebSocket-Protocol
	Extensions string // Sec-WebSocket-Extensions: NegotiateDeflate reads them
	Body       bool   // a body is announced
}

// Add takes a header line; one that the handshake does not depend on is ignored. The value of the key is
// kept as long as r is used, the others are copied.
func (r *Request) Add(name, value []byte) {
	switch string(name) { // as browsers write them
	case "Upgrade":
		r.add("upgrade", value)
		return
	case "Connection":
		r.add("connection", value)
		return
	case "Sec-WebSocket-Key":
		r.add("sec-websocket-key", value)
		return
	case "Sec-WebSocket-Version":
		r.add("sec-websocket-version", value)
		return
	}
	const longest = len("Sec-WebSocket-Extensions")
	var lower [longest]byte
	if len(name) > longest {
		return
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	r.add(string(lower[:len(name)]), value)
}

// add is Add for a name in lower case.
func (r *Request) add(name string, value []byte) {
	switch name {
	case "upgrade":
		combine(&r.Upgrade, value)
	case "connection":
		combine(&r.Connection, value)
	case "sec-websocket-key":
		if len(r.Key) > 0 {
			value = slices.Concat(r.Key, []byte{','}, value)
		}
		r.Key = value
	case "sec-websocket-version":
		combine(&r.Version, value)
	case "sec-websocket-protocol":
		combine(&r.Protocol, value)
	case "sec-websocket-extensions":
		combine(&r.Extensions, value)
	case "content-length":
		r.Body = r.Body || string(value) != "0"
	case "transfer-encoding":
		r.Body = true
	}
}

func combine(field *string, line []byte) {
	if *field == "" {
		*field = known(line)
	} else {
		*field += "," + string(line)
	}
}

// known is string(b), without an allocation for what clients usually send.
func known(b []byte) string {
	for _, s := range usual {
		if string(b) == s {
			return s
		}
	}
	return string(b)
}

var usual = [...]string{"websocket", "Upgrade", "13", "keep-alive, Upgrade",
	"permessage-deflate; client_max_window_bits", "permessage-deflate"}

// Refusal is the HTTP answer to a request that is no valid handshake. It is shared: read only.
type Refusal struct {
	Status  int    // of the answer
	Header  string // a header that the answer must carry, or ""
	Value   string // the value of that header
	Message string // the body
}

// Error is the message.
func (r *Refusal) Error() string { return r.Message }

// Status, header, message and order are the reference server's, for those that it knows.
var (
	refusedMethod     = &Refusal{405, "Allow", "GET", "Invalid HTTP method"}
	refusedProto      = &Refusal{400, "", "", "Invalid HTTP version"}
	refusedBody       = &Refusal{400, "", "", "Invalid request body"}
	refusedUpgrade    = &Refusal{400, "", "", "Invalid Upgrade header"}
	refusedConnection = &Refusal{400, "", "", "Invalid Connection header"}
	refusedKey        = &Refusal{400, "", "", "Missing or invalid Sec-WebSocket-Key header"}
	refusedVersion    = &Refusal{400, "Sec-WebSocket-Version", "13, 8",
		"Missing or invalid Sec-WebSocket-Version header"}
	refusedProtocol   = &Refusal{400, "", "", "Invalid Sec-WebSocket-Protocol header"}
	refusedExtensions = &Refusal{400, "", "", "Invalid or unacceptable Sec-WebSocket-Extensions header"}
)

// WantsWebSocket tells whether the Upgrade header names the protocol; what else is wrong CheckUpgrade tells.
func (r *Request) WantsWebSocket() bool { return hasToken(r.Upgrade, "websocket") }

// CheckUpgrade judges a request by section 4.2.1. It returns nil or why the request is refused. Besides version 13 it
// takes 8, the last of the drafts, which has the same handshake and the same frames.
func CheckUpgrade(r *Request) *Refusal {
	switch {
	case r.Method != "GET":
		return refusedMethod
	case r.Proto != "HTTP/1.1":
		return refusedProto
	case r.Body:
		return refusedBody
	case !r.WantsWebSocket():
		return refusedUpgrade
	case !hasToken(r.Connection, "upgrade"):
		return refusedConnection
	case !validKey(r.Key):
		return refusedKey
	case r.Version != "13" && r.Version != "8":
		return refusedVersion
	case r.Protocol != "" && !validTokens(r.Protocol):
		return refusedProtocol
	}
	return nil
}

// FirstProtocol is the subprotocol that the client likes best, or "". A browser fails the connection when it offered
// some and none is chosen.
func (r *Request) FirstProtocol() string {
	first, _, _ := strings.Cut(r.Protocol, ",")
	return strings.Trim(first, " \t")
}

// SelectProtocol is the first of the server's subprotocols that the client offers, or "". Names are compared exactly.
func (r *Request) SelectProtocol(served []string) string {
	for _, name := range served {
		for offered := range strings.SplitSeq(r.Protocol, ",") {
			if strings.Trim(offered, " \t") == name {
				return name
			}
		}
	}
	return ""
}

// AppendSwitch appends the 101 response to a request that CheckUpgrade accepted: the answer to its key, the subprotocol
// chosen or "", and further header lines, each ended by CRLF, or nil. All are copied, none is checked.
func AppendSwitch[K string | []byte](dst []byte, key K, protocol string, lines []byte) []byte {
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: websocket\r\n"+
		"Connection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "...)
	dst = AppendAccept(dst, key)
	if protocol != "" {
		dst = append(dst, "\r\nSec-WebSocket-Protocol: "...)
		dst = append(dst, protocol...)
	}
	dst = append(dst, "\r\n"...)
	dst = append(dst, lines...)
	return append(dst, "\r\n"...)
}

// AppendAccept appends the value of Sec-WebSocket-Accept that answers a key (section 4.2.2, item 5.4).
func AppendAccept[K string | []byte](dst []byte, key K) []byte {
	var scratch [keyBytes + len(acceptGUID)]byte
	sum := sha1.Sum(append(append(scratch[:0], key...), acceptGUID...))
	return base64.StdEncoding.AppendEncode(dst, sum[:])
}

const (
	acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	keyBytes   = 24
)

// validKey reports whether key is base64 of 16 bytes. The four spare bits before the padding may be anything: the key
// need not be decoded (section 4.2.1, item 5), and the reference server does not look at them.
func validKey(key []byte) bool {
	if len(key) != keyBytes || string(key[22:]) != "==" {
		return false
	}
	for i := range 22 {
		c := key[i]
		if !isAlphanumeric(c) && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// hasToken reports whether a comma-separated list holds a token, in either case.
func hasToken(list, token string) bool {
	for element := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.Trim(element, " \t"), token) {
			return true
		}
	}
	return false
}

// validTokens reports whether a comma-separated list consists of tokens (RFC 9110, section 5.6.2), none of them empty.
func validTokens(list string) bool {
	for element := range strings.SplitSeq(list, ",") {
		element = strings.Trim(element, " \t")
		if element == "" {
			return false
		}
		for i := range len(element) {
			if !isTokenByte(element[i]) {
				return false
			}
		}
	}
	return true
}

func isTokenByte(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
