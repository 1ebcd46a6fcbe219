package eio

import (
	"fmt"
	"path"
	"testing"
)

// judgements is the decision about a request as a table: the first row that
// matches counts. A request is written as
//
//	transport protocol method upgrade session options
//
// where session is none, lost, or protocol and transport of the one that is named.
var judgements = []struct {
	pattern string
	code    Code
	why     string
}{
	{"- * * * * *", TransportUnknown, "not one of ours, or not enabled"},
	{"* * * * lost *", SessionIDUnknown, ""},
	{"* * other * none *", BadHandshakeMethod, "a handshake is a GET"},
	{"websocket * GET plain none *", BadRequest, "a WebSocket handshake is an upgrade"},
	{"polling * GET upgrade none *", BadRequest, "and a polling one is not"},
	{"* 3 GET * none refuse3*", UnsupportedVersion, ""},
	{"* [34] GET * none *", accepted, "a handshake"},
	{"* 3 * * 4* *", BadRequest, "a session keeps its protocol"},
	{"* 4 * * 3* *", BadRequest, ""},
	{"websocket * * upgrade * *refuseUpgrades", BadRequest, ""},
	{"websocket * * upgrade * *", accepted, "an upgrade, or one that is turned away after the switch"},
	{"polling * * upgrade * *", BadRequest, ""},
	{"websocket * * plain * *", BadRequest, "a WebSocket session takes no HTTP"},
	{"polling * * plain ?websocket *", BadRequest, ""},
	{"polling * * plain ?polling *", accepted, "a poll or a POST"},
}

// TestJudge compares judge with the table for every combination.
func TestJudge(t *testing.T) {
	used, total := make([]int, len(judgements)), 0
	each(t, func(q question, o *Options, request string) {
		total++
		for i, row := range judgements {
			if ok, err := path.Match(row.pattern, request); err != nil {
				t.Fatal(err)
			} else if !ok {
				continue
			}
			used[i]++
			if got := q.judge(o); got != row.code {
				t.Errorf("%s: got %v, want %v (%s)", request, got, row.code, row.why)
			}
			return
		}
		t.Errorf("%s: no row", request)
	})
	for i, n := range used {
		if n == 0 {
			t.Errorf("row %q counts for nothing", judgements[i].pattern)
		}
	}
	if total != 3*2*2*2*6*4 {
		t.Errorf("%d combinations", total)
	}
}

// each calls fn for every request there is.
func each(t *testing.T, fn func(q question, o *Options, request string)) {
	t.Helper()
	sessions := []struct {
		name    string
		named   bool
		session *Session
	}{
		{"none", false, nil}, {"lost", true, nil},
		{"3polling", true, &Session{protocol: 3}}, {"4polling", true, &Session{protocol: 4}},
		{"3websocket", true, &Session{protocol: 3, ws: &websocket{}}},
		{"4websocket", true, &Session{protocol: 4, ws: &websocket{}}},
	}
	both := &Options{RefuseEIO3: true, RefuseUpgrades: true}
	for _, o := range []*Options{{}, {RefuseEIO3: true}, {RefuseUpgrades: true}, both} {
		for _, s := range sessions {
			for bits := range 3 * 8 {
				q := question{transport: transport(bits / 8), protocol: 3, named: s.named, session: s.session}
				q.protocol += uint8(bits & 1)
				q.upgrade, q.get = bits&2 != 0, bits&4 != 0
				fn(q, o, fmt.Sprintf("%s %d %s %s %s %s%s", name(q.transport), q.protocol, pick(q.get, "GET", "other"),
					pick(q.upgrade, "upgrade", "plain"), s.name,
					pick(o.RefuseEIO3, "refuse3", "serve3"), pick(o.RefuseUpgrades, "refuseUpgrades", "")))
			}
		}
	}
}

func name(t transport) string { return pick(t == noTransport, "-", t.String()) }

func pick[T any](is bool, yes, no T) T {
	if is {
		return yes
	}
	return no
}

// TestCodes: number, text and order are what clients know.
func TestCodes(t *testing.T) {
	for code, text := range map[Code]string{
		0: "Transport unknown", 1: "Session ID unknown", 2: "Bad handshake method",
		3: "Bad request", 4: "Forbidden", 5: "Unsupported protocol version",
	} {
		if code.String() != text {
			t.Errorf("code %d is %q, want %q", code, code, text)
		}
	}
}
