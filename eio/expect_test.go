package eio

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/webapp/ws"
)

// The client's end of a conversation hears: what came, and what was to come, both
// as text in one form.

var sidPattern = regexp.MustCompile(`(?:sid\\?":\\?"|set-cookie: io=)([^"\\;]+)`)

// take returns the next answer or frame on a connection as text.
func (k *talker) take(w *wire) string {
	w.buf = append(w.buf, w.Read()...)
	if !w.switched {
		return k.answer(w)
	}
	op, payload, rest, ok := cutFrame(w.buf)
	switch {
	case !ok && w.EOF() && len(w.buf) == 0:
		return "end"
	case !ok && w.WasReset():
		return "reset"
	case !ok && len(w.buf) == 0:
		return "nothing"
	case !ok:
		return fmt.Sprintf("%x", w.buf)
	}
	w.buf = rest
	switch op {
	case ws.OpText:
		return "text " + strconv.Quote(k.noteSID(string(payload)))
	case ws.OpBinary:
		return fmt.Sprintf("bin %x", payload)
	case ws.OpPong:
		return fmt.Sprintf("pong %x", payload)
	case ws.OpClose:
		if len(payload) < 2 {
			return "close"
		}
		return fmt.Sprintf("close %d", int(payload[0])<<8|int(payload[1]))
	}
	return fmt.Sprintf("opcode %d %x", op, payload)
}

// noteSID finds the id of a new session in an open packet.
func (k *talker) noteSID(s string) string {
	if m := sidPattern.FindStringSubmatch(s); m != nil {
		k.sid = m[1]
	}
	if k.sid == "" {
		return s
	}
	return strings.ReplaceAll(s, k.sid, "$sid")
}

func (k *talker) answer(w *wire) string {
	status, lines, body, rest, ok := cutAnswer(w.buf, w.head)
	if !ok {
		switch {
		case len(w.buf) > 0:
			return strconv.Quote(string(w.buf))
		case w.EOF():
			return "end"
		case w.WasReset():
			return "reset"
		}
		return "nothing"
	}
	w.buf, w.switched = rest, status == "101"
	var fields []string
	coding := ""
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		switch name = strings.ToLower(name); name {
		case "date", "connection", "content-length":
		case "content-encoding":
			coding = value
			fallthrough
		default:
			fields = append(fields, k.noteSID(name+": "+value))
		}
	}
	text := k.noteSID(string(inflate(coding, body)))
	return describe(status, fields, text, k.sid)
}

func inflate(coding string, b []byte) []byte {
	var r io.Reader = bytes.NewReader(b)
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	}
	if err == nil {
		b, err = io.ReadAll(r)
	}
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

func describe(status string, fields []string, body, sid string) string {
	slices.Sort(fields)
	s := fmt.Sprintf("%s %q %q", status, fields, body)
	if sid == "" {
		return s
	}
	return strings.ReplaceAll(s, sid, "$sid")
}

// expand writes out what an expectation stands for.
func (k *talker) expand(want string) string {
	verb, args, _ := strings.Cut(want, " ")
	words, fields, body := split(args)
	add := func(list ...string) { fields = append(fields, list...) }
	if slices.Contains(words, "$open") {
		body = []byte(k.openPacket(true))
	}
	switch verb {
	case "end", "reset", "nothing", "close":
		return want
	case "greeting":
		return "text " + strconv.Quote(k.openPacket(false))
	case "text":
		return "text " + strconv.Quote(string(body))
	case "bin", "pong":
		return fmt.Sprintf("%s %x", verb, body)
	case "switch":
		add("upgrade: websocket", strings.Replace(acceptLine, "Sec-WebSocket-Accept", "sec-websocket-accept", 1))
		return describe("101", fields, "", k.sid)
	case "ok":
		add("content-type: text/html", "cache-control: no-store")
		return describe("200", fields, "ok", k.sid)
	case "open":
		body = []byte(k.openPacket(true))
		fallthrough
	case "payload", "script":
		if verb == "script" {
			body = appendJSONP(nil, strings.Trim(words[0], "[]"), body)
		}
		add("content-type: text/plain; charset=UTF-8", "cache-control: no-store")
		return describe("200", fields, string(body), k.sid)
	case "octets":
		add("content-type: application/octet-stream", "cache-control: no-store")
		return describe("200", fields, string(body), k.sid)
	case "code":
		code, _ := strconv.Atoi(words[0])
		add("content-type: application/json")
		return describe("400", fields, fmt.Sprintf(`{"code":%d,"message":"%s"}`, code, Code(code)), k.sid)
	case "plain":
		add("content-type: text/html")
		return describe("400", fields, string(body), k.sid)
	}
	if status, err := strconv.Atoi(verb); err != nil || http.StatusText(status) == "" {
		panic("no expectation: " + want)
	}
	return describe(verb, fields, string(body), k.sid)
}

// openPacket is the open packet of the rig's engine, as a polling payload.
func (k *talker) openPacket(polling bool) string {
	o, upgrades := k.engine.Options(), ""
	if polling && !o.RefuseUpgrades && len(o.Transports) > 1 {
		upgrades = `"websocket"`
	}
	s := fmt.Sprintf(`0{"sid":"$sid","upgrades":[%s],"pingInterval":%d,"pingTimeout":%d,"maxPayload":%d}`,
		upgrades, o.PingInterval.Milliseconds(), o.PingTimeout.Milliseconds(), o.MaxHTTPBufferSize)
	if polling && k.protocol != "4" {
		return strconv.Itoa(len(s)-len("$sid")+20) + ":" + s
	}
	return s
}
