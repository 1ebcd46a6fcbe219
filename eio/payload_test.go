package eio

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// vectors is the one table of payloads: codec tests, fuzz seeds and the session
// tests read it. Facts from recordings of the reference servers.
var vectors = []vector{
	{4, false, "4hello", "4:hello"},
	{4, false, "4a\x1ebAQIDBA==\x1e4€\x1e4😀", "4:a b:01020304 4:€ 4:😀"},
	{4, false, "4\x1e4x", "4: 4:x"},
	{4, false, "bAQIDBA", "b:01020304"},
	{4, false, "2\x1e3\x1e1\x1e0\x1e5\x1e6", "2: 3: 1: 0: 5: 6:"},
	{4, false, "", "!"},
	{4, false, "4a\x1e\x1e4b", "4:a !"},
	{4, false, "abc", "!"},
	{4, false, "7", "!"},
	{4, false, "b!!!", "!"},
	{4, false, "bAQ\nID", "!"},
	{4, false, "bA", "!"},
	{4, false, "b", "b:"},
	{4, false, "4a\x1e", "4:a !"},
	{3, false, "6:4hello", "4:hello"},
	{3, false, "2:4€", "4:€"},
	{3, false, "3:4😀", "4:😀"},
	{3, false, "6:4hello2:4€3:4😀", "4:hello 4:€ 4:😀"},
	{3, false, "10:b4AQIDBA==", "b:01020304"},
	{3, false, "6:2probe", "2:probe"},
	{3, false, "4:4€", "!"},
	{3, false, "2:4😀", "!"},
	{3, false, "", "!"},
	{3, false, "abc", "!"},
	{3, false, ":4a", "!"},
	{3, false, "x:4a", "!"},
	{3, false, "10:4a", "!"},
	{3, false, "2:4a3", "4:a !"},
	{3, false, "1:9", "!"},
	{3, false, "-1:4a", "!"},
	{3, false, "1.5:4a", "!"},
	{3, false, "0:", "!"},
	{3, false, "1e0:4", "!"},
	{3, false, "99999999999:4", "!"},
	{3, false, "4294967298:4a", "!"},
	{3, false, "18446744073709551618:4a", "!"},
	{3, false, "3:bAQ", "!"},
	{3, true, "x0006ff3468656c6c6f0105ff0401020304", "4:hello b:01020304"},
	{3, true, "x0004ff34e282ac0105ff0401020304", "4:€ b:01020304"},
	{3, true, "x0105ff0401", "!"},
	{3, true, "x0101ff04", "b:"},
	{3, true, "x0105ff0901020304", "!"},
	{3, true, "x0205ff0401020304", "!"},
	{3, true, "x00ff34", "!"},
	{3, true, "x0001", "!"},
	{3, true, "x000aff34", "!"},
	{3, true, "x0002ff34ff", "!"},
	{3, true, "x0004020904090607020908ff34", "!"}, // 4294967298
	{3, true, "x", "!"},
}

func (v *vector) bytes() []byte {
	if rest, ok := strings.CutPrefix(v.payload, "x"); ok && v.octets {
		b, err := hex.DecodeString(rest)
		if err != nil {
			panic(err)
		}
		return b
	}
	return []byte(v.payload)
}

type vector struct {
	protocol uint8
	octets   bool
	payload  string // behind an x: hex, where octets
	packets  string // what it holds, as show prints it; ! marks malformed from there on
}

func next(protocol uint8, octets bool) func([]byte) (packet, []byte, bool) {
	switch {
	case protocol == 4:
		return nextV4
	case octets:
		return nextBinaryV3
	}
	return nextV3
}

func decode(b []byte, protocol uint8, octets bool) (list []packet, ok bool) {
	cut := next(protocol, octets)
	for b != nil {
		p, rest, ok := cut(b)
		if !ok {
			return list, false
		}
		list = append(list, p)
		b = rest
	}
	return list, true
}

func show(list []packet, ok bool) string {
	var s []string
	for _, p := range list {
		if p.binary {
			s = append(s, fmt.Sprintf("b:%x", p.data))
		} else {
			s = append(s, fmt.Sprintf("%c:%s", p.kind, p.data))
		}
	}
	if !ok {
		s = append(s, "!")
	}
	return strings.Join(s, " ")
}

func TestPayloadVectors(t *testing.T) {
	for _, v := range vectors {
		if got := show(decode(v.bytes(), v.protocol, v.octets)); got != v.packets {
			t.Errorf("protocol %d, %q: got %q, want %q", v.protocol, v.payload, got, v.packets)
		}
	}
}

func encode(list []packet, protocol uint8, octets bool) (dst []byte) {
	for _, p := range list {
		switch {
		case octets:
			dst = appendBinaryV3(dst, p)
		case protocol == 3:
			dst = appendV3(dst, p)
		default:
			dst = appendV4(dst, 0, p)
		}
	}
	return dst
}

// TestPayloadRoundTrip encodes what each sound vector holds and reads it again,
// in every form of its protocol.
func TestPayloadRoundTrip(t *testing.T) {
	for _, v := range vectors {
		list, ok := decode(v.bytes(), v.protocol, v.octets)
		if !ok {
			continue
		}
		for _, octets := range []bool{false, v.protocol == 3} {
			b := encode(list, v.protocol, octets)
			if !strings.Contains(v.payload, "bAQIDBA") && octets == v.octets && !bytes.Equal(b, v.bytes()) {
				t.Errorf("%q encodes to %q", v.payload, b)
			}
			if got := show(decode(b, v.protocol, octets)); got != v.packets {
				t.Errorf("%q encoded as %q reads %q", v.payload, b, got)
			}
		}
	}
}

// FuzzPayload: no input makes a decoder panic, what it accepts is at most as
// large as the input, and encodes to something that reads the same.
func FuzzPayload(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.protocol, v.octets, v.bytes())
	}
	f.Fuzz(func(t *testing.T, protocol uint8, octets bool, b []byte) {
		protocol = 3 + protocol&1
		octets = octets && protocol == 3
		size := len(b)
		list, ok := decode(bytes.Clone(b), protocol, octets)
		sum := 0
		for _, p := range list {
			sum += len(p.data)
		}
		if sum > size {
			t.Fatalf("%d bytes of packets from %d bytes", sum, size)
		}
		if !ok || len(list) == 0 {
			return
		}
		first := show(list, true)
		if again := show(decode(encode(list, protocol, octets), protocol, octets)); again != first {
			t.Fatalf("%q reads %q, encoded again %q", b, first, again)
		}
	})
}

// FuzzForm: a form body yields a payload no larger than itself.
func FuzzForm(f *testing.F) {
	f.Add([]byte("d=4a%5Cnb"))
	f.Add([]byte("x=1&d=4x+y&e=%zz"))
	f.Fuzz(func(t *testing.T, b []byte) {
		size := len(b)
		q, err := url.ParseQuery(string(b))
		p, ok := formField(bytes.Clone(b))
		if len(p) > size {
			t.Fatalf("%d bytes from %d", len(p), size)
		}
		if raw := string(b); err == nil && !strings.ContainsAny(raw, `\;`) && !strings.Contains(raw, "%64") &&
			!strings.Contains(strings.ToLower(raw), "%5c") && len(q["d"]) == 1 && strings.Contains("&"+raw, "&d=") {
			if !ok || string(p) != q.Get("d") {
				t.Fatalf("%q: got %q, %v; want %q", raw, p, ok, q.Get("d"))
			}
		}
	})
}

func TestForm(t *testing.T) {
	for _, c := range []struct {
		body, payload string
		ok            bool
	}{
		{"d=4a%5Cnb", "4a\nb", true},    // \n
		{"d=4a%5C%5Cnb", `4a\nb`, true}, // \\n
		{"d=4x+y", "4x y", true},
		{"d=4a%2Bb%25c%26d%3De", "4a+b%c&d=e", true},
		{"x=1", "", true},
		{"d=", "", true},
		{"d=%zz", "", false},
		{"d=%4", "", false},
		{"d=1&d=2", "", false},
		{"x=1&d=4", "4", true},
		{"", "", true},
	} {
		got, ok := formField([]byte(c.body))
		if string(got) != c.payload && ok || ok != c.ok || ok && (got != nil) != strings.Contains(c.body, "d=") {
			t.Errorf("%q: %q %v, want %q %v", c.body, got, ok, c.payload, c.ok)
		}
	}
}

func TestScript(t *testing.T) {
	got := string(appendJSONP(nil, jsonpIndex([]byte("1;alert(1)")), []byte("a\u2028b\u2029c\"d\\e\nf</script>\x01é")))
	want := `___eio[11]("a\u2028b\u2029c\"d\\e\nf</script>\u0001é");`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
