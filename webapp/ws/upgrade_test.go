package ws

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	tokenList = regexp.MustCompile("^[ \t]*[-!#$%&'*+.^_`|~0-9A-Za-z]+[ \t]*(,[ \t]*[-!#$%&'*+.^_`|~0-9A-Za-z]+[ \t]*)*$")
	wants     = regexp.MustCompile("(?i)(^|,)[ \t]*websocket[ \t]*(,|$)")
	switches  = regexp.MustCompile("(?i)(^|,)[ \t]*upgrade[ \t]*(,|$)")
)

// FuzzUpgrade: a handshake is accepted exactly if it is one by expressions that are written down from RFC 6455, section
// 4.2.1, and the protocol that is chosen is one of both lists.
func FuzzUpgrade(f *testing.F) {
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	f.Add("websocket", "Upgrade", key, "13", "")
	f.Add("h2c, WebSocket", "keep-alive,\tupgrade ", key, "8", "a, b")
	f.Add("websockets", "upgrades", key[1:], "12", "a,,b")
	f.Add(" websocket", "close, Upgrade", key[:23]+"\n", "13,13", "a b")
	f.Add("websocket,", "Upgrade", strings.Replace(key, "=", "-", 1), "13", "\x80")
	f.Fuzz(func(t *testing.T, upgrade, connection, key, version, protocol string) {
		r := Request{Method: "GET", Proto: "HTTP/1.1"}
		r.Add([]byte("Upgrade"), []byte(upgrade))
		r.Add([]byte("CONNECTION"), []byte(connection))
		r.Add([]byte("sec-websocket-key"), []byte(key))
		r.Add([]byte("Sec-WebSocket-Version"), []byte(version))
		r.Add([]byte("Sec-WebSocket-Protocol"), []byte(protocol))
		raw, err := base64.StdEncoding.DecodeString(key)
		fine := err == nil && len(raw) == 16 && len(key) == 24 && wants.MatchString(upgrade) &&
			switches.MatchString(connection) && (version == "13" || version == "8") &&
			(protocol == "" || tokenList.MatchString(protocol))
		if refused := CheckUpgrade(&r); (refused == nil) != fine {
			t.Fatalf("%q %q %q %q %q: %v", upgrade, connection, key, version, protocol, refused)
		}
		served := []string{"b", "a"}
		chosen := r.SelectProtocol(served)
		if chosen != "" && (!slices.Contains(served, chosen) || !strings.Contains(protocol, chosen)) {
			t.Fatalf("%q of %q", chosen, protocol)
		}
		if !fine {
			return
		}
		answer := string(AppendSwitch(nil, r.Key, r.FirstProtocol(), nil))
		if strings.Count(answer, "\r\n") != strings.Count(answer, "\n") || !strings.HasSuffix(answer, "\r\n\r\n") ||
			strings.Count(answer, "\r\n\r\n") != 1 {
			t.Fatalf("%q", answer)
		}
	})
}
