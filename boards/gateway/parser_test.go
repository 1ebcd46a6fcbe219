package main

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// With the parser msgpack the server speaks it, and the pages load the client that does.
func TestParser(t *testing.T) {
	connect := "b" + base64.StdEncoding.EncodeToString([]byte("\x82\xa4type\x00\xa3nsp\xa1/"))
	for _, c := range []struct {
		parser, send, answers, script string
	}{
		{"", "40", `40{"sid":"`, "/socket.io/socket.io.js"},
		{parserJSON, "40", `40{"sid":"`, "/socket.io/socket.io.js"},
		{parserMsgpack, connect, "\xa3sid", "/socket.io/socket.io.msgpack.min.js"},
	} {
		r := startWith(t, board(), config{parser: c.parser})
		if _, page, _ := r.ask("GET", "/index.html", "", nil); !strings.Contains(page, c.script+`"`) {
			t.Errorf("parser %q: the sample does not load %s", c.parser, c.script)
		}
		if status, page, _ := r.ask("GET", "/telemetry.html", "", nil); status != 200 ||
			strings.Contains(page, "msgpack") != (c.parser == parserMsgpack) {
			t.Errorf("parser %q: %d, the telemetry page loads the other client", c.parser, status)
		}
		_, open, _ := r.ask("GET", "/socket.io/?EIO=4&transport=polling", "", nil)
		var session struct{ Sid string }
		if err := json.Unmarshal([]byte(open[1:]), &session); err != nil {
			t.Fatal(err)
		}
		path := "/socket.io/?EIO=4&transport=polling&sid=" + session.Sid
		r.ask("POST", path, c.send, nil)
		_, got, _ := r.ask("GET", path, "", nil)
		if packed, binary := strings.CutPrefix(got, "b"); binary {
			b, _ := base64.StdEncoding.DecodeString(packed)
			got = string(b)
		}
		if !strings.Contains(got, c.answers) {
			t.Errorf("parser %q: %q", c.parser, got)
		}
	}
	if _, err := parserOf("xml"); err == nil {
		t.Error("xml is a parser")
	}
}
