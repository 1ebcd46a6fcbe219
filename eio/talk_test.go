package eio

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// A conversation is what clients and the engine say to each other, one line
// each. The tables of them are the facts of recordings with the reference
// servers; id is the recording's, and a # line tells where we differ on purpose.
//
//	[name:] action [-> expectation]   on the named connection, dialled when it is new
//	name -> expectation               what came meanwhile
//
// Actions:
//
//	get TARGET, post TARGET BODY, PUT TARGET ...   an HTTP request, {Name: value} adds a header
//	begin TARGET 7|chunked BODY                    the begin of a POST of that length
//	ws TARGET                                      a WebSocket handshake, {-Name} leaves a header out
//	text BODY, bin BODY, part BODY, rest BODY      a frame; part and rest are halves of a message
//	shut [code]                                    a close frame
//	send BODY, fin, reset                          raw bytes, FIN, RST
//	wait 100ms                                     the clock
//	reason TEXT                                    why the last session closed; "open"
//
// A TARGET is 4 or 3 (a handshake of that protocol), sid (the last session), both
// with more of the query behind them, ?query or /path. A BODY is quoted text,
// x and hex, c*n, or several of these.
//
// Expectations of an HTTP answer are complete but for Date, Connection and
// Content-Length: ok (of a POST), payload BODY, octets BODY, open (a handshake's
// payload, $open in a BODY), script [index] BODY (JSONP), code n (an error as
// JSON), plain BODY (an error as text), or a status with BODY; {name: value} adds a
// header. Those of a WebSocket are switch, text
// BODY, bin BODY, pong BODY, greeting (the open packet), close [code]; both know end (FIN),
// reset and nothing. $sid stands for the last session's id.
type conversation struct{ id, title, script string }

// talk holds conversations with an engine of these options, in one piece and
// again on a kernel that cuts and delays everything.
func talk(t *testing.T, o Options, table []conversation) {
	for _, c := range table {
		t.Run(c.id, func(t *testing.T) {
			hold(newRig(t, 1, polltest.Faults{}, o), c)
			hold(newRig(t, 2, polltest.Faults{ShortRead: 0.5, ShortWrite: 0.5, EAGAIN: 0.2, EINTR: 0.1}, o), c)
		})
	}
}

func hold(r *rig, c conversation) {
	k := &talker{rig: r, wires: map[string]*wire{}}
	for i, line := range strings.Split(strings.TrimSpace(c.script), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if got, want := k.line(line); got != want {
			r.Errorf("%s (%s), line %d: %s\n got %s\nwant %s", c.id, c.title, i+1, line, got, want)
			break
		}
	}
	r.finish()
}

// talker holds the client's end of a conversation.
type talker struct {
	*rig
	wires    map[string]*wire
	sid      string
	protocol string
}

// wire is a client's connection.
type wire struct {
	*polltest.Peer
	buf      []byte
	switched bool
	head     bool // the last request was a HEAD
}

func (k *talker) wire(name string) *wire {
	w := k.wires[name]
	if w == nil || name == "" && w.Ended() {
		w = &wire{Peer: k.dial()}
		k.wires[name] = w
	}
	return w
}

// line plays a line and returns what came and what was to come.
func (k *talker) line(line string) (got, want string) {
	action, want, expects := strings.Cut(line, "->")
	if !expects {
		action = line
	}
	name := ""
	if n, rest, ok := strings.Cut(action, ": "); ok && !strings.ContainsAny(n, ` "`) {
		name, action = n, rest
	} else if expects && !strings.Contains(strings.TrimSpace(action), " ") {
		name, action = strings.TrimSpace(action), ""
	}
	verb, args, _ := strings.Cut(strings.TrimSpace(action), " ")
	switch verb {
	case "wait":
		d, err := time.ParseDuration(args)
		if err != nil {
			panic(err)
		}
		k.sleep(d)
		return "", ""
	case "reason":
		k.settle()
		if k.engine.Session(k.sid) != nil {
			return "open", args
		}
		return string(k.reasons[k.sid]), args
	case "":
	default:
		k.act(k.wire(name), verb, args)
	}
	k.settle()
	if !expects {
		return "", ""
	}
	got = k.take(k.wire(name))
	return got, k.expand(strings.TrimSpace(want))
}

// act does what a client does.
func (k *talker) act(w *wire, verb, args string) {
	words, fields, body := split(args)
	switch verb {
	case "text":
		w.Write(masked(ws.OpText, string(body)))
	case "bin":
		w.Write(masked(ws.OpBinary, string(body)))
	case "part":
		b := masked(ws.OpText, string(body))
		b[0] &^= 0x80
		w.Write(b)
	case "rest":
		w.Write(masked(ws.OpContinuation, string(body)))
	case "shut":
		payload := ""
		if len(words) > 0 {
			code, _ := strconv.Atoi(words[0])
			payload = string([]byte{byte(code >> 8), byte(code)})
		}
		w.Write(masked(ws.OpClose, payload))
	case "send":
		w.Write([]byte(strings.ReplaceAll(string(body), "$sid", k.sid)))
	case "fin":
		w.CloseWrite()
	case "reset":
		w.Reset()
	case "ws":
		request(w.Peer, "GET", k.target("websocket", words[0]), body, fieldLines(upgradeLines, fields)...)
	case "get":
		w.head = false
		request(w.Peer, "GET", k.target("polling", words[0]), nil, fieldLines(nil, fields)...)
	case "begin":
		length := "Content-Length: " + words[1]
		if words[1] == "chunked" {
			length = "Transfer-Encoding: chunked"
		}
		request(w.Peer, "POST", k.target("polling", words[0]), body, fieldLines([]string{length}, fields)...)
	default:
		length := []string{"Content-Length: " + strconv.Itoa(len(body))}
		w.head = verb == "HEAD"
		request(w.Peer, strings.ToUpper(verb), k.target("polling", words[0]), body, fieldLines(length, fields)...)
	}
}

func fieldLines(base, fields []string) []string {
	lines := slices.Clone(base)
	for _, f := range fields {
		name, _, _ := strings.Cut(strings.TrimPrefix(f, "-"), ":")
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") })
		if f[0] != '-' {
			lines = append(lines, f)
		}
	}
	return lines
}

func (k *talker) target(transport, word string) string {
	query := "/engine.io/?EIO=" + k.protocol + "&transport=" + transport
	switch {
	case word[0] >= '0' && word[0] <= '9':
		k.protocol = word[:1]
		return "/engine.io/?EIO=" + k.protocol + "&transport=" + transport + word[1:]
	case strings.HasPrefix(word, "sid"):
		return query + "&sid=" + k.sid + word[3:]
	case word[0] == '?':
		word = "/engine.io/" + word
	}
	return strings.ReplaceAll(word, "$sid", k.sid)
}

// split takes words, {fields} and the body out of a line's arguments.
func split(s string) (words, fields []string, body []byte) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		switch quoted, err := strconv.QuotedPrefix(s); {
		case err == nil:
			s = s[len(quoted):]
			text, _ := strconv.Unquote(quoted)
			body = append(body, text...)
		case s[0] == '{':
			field, rest, _ := strings.Cut(s[1:], "}")
			fields, s = append(fields, field), rest
		default:
			word, rest, _ := strings.Cut(s, " ")
			s = rest
			if c, n, ok := strings.Cut(word, "*"); ok && len(c) == 1 {
				count, _ := strconv.Atoi(n)
				body = append(body, strings.Repeat(c, count)...)
			} else if b, err := hex.DecodeString(strings.TrimPrefix(word, "x")); err == nil && word[0] == 'x' {
				body = append(body, b...)
			} else {
				words = append(words, word)
			}
		}
	}
	return words, fields, body
}
