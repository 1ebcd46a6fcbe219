package blackbox

import (
	"fmt"
	"strings"
)

// engine opens a WebSocket session of Engine.IO and takes its open packet.
func (x *exchange) engine(behind ...string) *channel { return x.engineAt(enginePath, behind...) }

func (x *exchange) engineAt(target string, behind ...string) *channel {
	w := x.channel(knock(target), strings.Join(behind, ""))
	op, p, how := w.read()
	if how != "" || op != 0x81 || !strings.HasPrefix(p, `0{"sid":"`) {
		x.fail("no open packet: %s %.80q", how, p)
	}
	return w
}

// joined is a session whose client is connected to the main namespace.
func (x *exchange) joined() *channel { return x.joinedAt(enginePath) }

func (x *exchange) joinedAt(target string) *channel {
	w := x.engineAt(target)
	w.send(text("40"))
	w.join()
	return w
}

// join reads the answer to a CONNECT of the main namespace.
func (w *channel) join() {
	m, how := w.say()
	id, ok := strings.CutPrefix(m, `40{"sid":"`)
	if !ok {
		w.x.fail("no answer to CONNECT: %s %.80q", how, m)
	}
	w.id, _, _ = strings.Cut(id, `"`)
	w.heard = nil
}

// packets sends packets, one per frame, and tells what came of it: what the client heard, and whether events are still
// answered.
func (w *channel) packets(packets ...string) string {
	var b strings.Builder
	for _, p := range packets {
		b.WriteString(text(p))
	}
	w.send(b.String())
	return w.outcome()
}

// outcome is what the client heard, and whether its events are still answered.
func (w *channel) outcome() string {
	if strings.HasSuffix(w.x.want, "open") {
		w.send(text(`42999["req"]`))
	}
	for {
		m, how := w.say()
		switch {
		case how != "" && w.id != "" && w.x.g.name == "gateway":
			return w.told() + how + ", " + w.x.g.log.reason(w.id)
		case how != "":
			return w.told() + how
		case m == `43999["hello world"]`:
			w.heard = w.heard[:len(w.heard)-1]
			return w.told() + "open"
		}
	}
}

// told is the messages that were heard, in words for a table.
func (w *channel) told() string {
	if len(w.heard) == 0 {
		return ""
	}
	if len(w.heard) > 4 {
		return fmt.Sprintf("%d messages, ", len(w.heard))
	}
	s := strings.Join(w.heard, " ")
	w.heard = nil
	if len(s) > 120 {
		s = s[:120] + "..."
	}
	return s + ", "
}

// session is one that polls.
type session struct {
	x      *exchange
	sid    string
	target string
	in     bool // joined
}

// polling opens a session; query stands behind the usual one.
func (x *exchange) polling(target string) *session {
	a := x.ask("GET", target, "")
	for a.status == 503 {
		x.wait(a.header)
		a = x.ask("GET", target, "")
	}
	_, rest, ok := strings.Cut(a.body, `"sid":"`)
	if a.status != 200 || !ok {
		x.fail("no session: %d %.80q", a.status, a.body)
	}
	sid, _, _ := strings.Cut(rest, `"`)
	s := &session{x: x, sid: sid, target: target + "&sid=" + sid}
	x.sids = append(x.sids, s.target)
	return s
}

func (x *exchange) poll4() *session { return x.polling(pollPath) }

// joined joins the main namespace, by polling.
func (s *session) joined() *session {
	if a := s.post("40"); a.status != 200 {
		s.x.fail("CONNECT: %d %.80q", a.status, a.body)
	}
	if a := s.get(); !strings.HasPrefix(a.body, `40{"sid"`) {
		s.x.fail("no answer to CONNECT: %d %.80q", a.status, a.body)
	}
	s.in = true
	return s
}

func (s *session) post(body string, lines ...string) answer {
	return s.x.ask("POST", s.target, body, lines...)
}
func (s *session) get() answer { return s.x.ask("GET", s.target, "") }

// state tells whether the session answers packets. One that closes tells so to the next GET.
func (s *session) state() string {
	ask, reply := "40", `40{"sid":"`
	if s.in {
		ask, reply = `42900["req"]`, `43900["hello world"]`
	}
	if a := s.post(ask); a.status != 200 {
		return "session gone"
	}
	for {
		a := s.get()
		packets := strings.Split(a.body, "\x1e")
		switch {
		case strings.Contains(a.body, reply):
			return "session open"
		case a.status != 200 || packets[len(packets)-1] == "1":
			return "session closes"
		}
	}
}

// short is an answer in words for a table.
func (a answer) short() string {
	body := a.body
	if len(body) > 90 {
		body = body[:90] + "..."
	}
	if a.status == 0 {
		return body
	}
	return strings.TrimSpace(fmt.Sprint(a.status, " ", body))
}
