package msgpack

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/edgesio/edgesio/sio"
)

func parse(t testing.TB, p *Parser, b []byte) (*sio.WirePacket, error) {
	t.Helper()
	out := new(sio.WirePacket)
	return out, p.ParsePacket(b, true, out)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// upToData is the packet {type: 2, nsp: "/", data: ...} up to its data.
const upToData = "83 a474797065 02 a36e7370 a12f a464617461"

// Vectors: what clients send, with the JSON that handlers see; a · stands for an attachment.
var vectors = []struct{ name, in, kind, json, bin string }{
	{"event", upToData + "94 a7 6d657373616765 01 a132 c4020102", "2 /", `["message",1,"2",·]`, "0102"},
	{"connect", "82 a474797065 00 a36e7370 a12f", "0 /", "", ""},
	{"connect, data undefined", "83 a474797065 00 a464617461 d40000 a36e7370 a2 2f61", "0 /a", "", ""},
	{"connect, data null", "83 a474797065 00 a464617461 c0 a36e7370 a2 2f61", "0 /a", "", ""},
	{"options are passed over",
		"84 a474797065 02 a464617461 91a161 a7 6f7074696f6e73 81 a8 636f6d7072657373 c3 a36e7370 a12f",
		"2 /", `["a"]`, ""},
	{"ack", "84 a474797065 03 a269640c a36e7370 a12f a464617461 90", "3 / 12", "[]", ""},
	{"numbers",
		upToData + "98 a161 ff d1ff00 cd1000 cf0020000000000000 cb3ff8000000000000 ca3fc00000 cfffffffffffffffff", "2 /",
		`["a",-1,-256,4096,9007199254740992,1.5,1.5,18446744073709551615]`, ""},
	{"words", upToData + "95 a161 c0 c2 c3 d40000", "2 /", `["a",null,false,true,null]`, ""},
	{"date of notepack", upToData + "92 a161 d7000000000000000000", "2 /", `["a","1970-01-01T00:00:00.000Z"]`, ""},
	{"timestamps", upToData + "94 a161 d6ff00000001 d7ff773594000000000a c70cff00000000fffffffffffffffe", "2 /",
		`["a","1970-01-01T00:00:01.000Z","1970-01-01T00:00:10.500Z","1969-12-31T23:59:58.000Z"]`, ""},
	{"ArrayBuffer of notepack", upToData + "92 a161 c7020005 06", "2 /", `["a",·]`, "0506"},
	{"map", upToData + "92 a161 82 a16b c400 a178 81 a0 90", "2 /", `["a",{"k":·,"x":{"":[]}}]`, ""},
	{"placeholders are data", upToData + "93 a161 82 ac5f706c616365686f6c646572 c3 a36e756d 00 c40107", "2 /",
		`["a",{"_placeholder":true,"num":0},·]`, "07"},
	{"strings", upToData + "92 a3 220a5c a4 f09f9880", "2 /", `["\"\u000a\\","😀"]`, ""},
}

func TestParse(t *testing.T) {
	p := New(Options{})
	for _, v := range vectors {
		out, err := parse(t, p, unhex(t, v.in))
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if kind, json, bin := show(out); kind != v.kind || json != v.json || bin != v.bin {
			t.Errorf("%s: got %s %s %s, want %s %s %s", v.name, kind, json, bin, v.kind, v.json, v.bin)
		}
	}
}

// show prints a packet as the vectors have it.
func show(p *sio.WirePacket) (kind, json, bin string) {
	from := 0
	for i := 0; ; i++ {
		b, start, end, ok := p.Attachment(i)
		if !ok {
			break
		}
		json += string(p.Payload[from:start]) + "·"
		from = end
		bin += hex.EncodeToString(b)
	}
	kind = string(rune('0'+p.Type)) + " " + string(p.Namespace)
	if p.HasID {
		kind += " " + string(msgpInt(p.ID))
	}
	return kind, json + string(p.Payload[from:]), bin
}

func msgpInt(n uint64) []byte {
	var digits []byte
	for ; n > 0 || digits == nil; n /= 10 {
		digits = append([]byte{byte('0' + n%10)}, digits...)
	}
	return digits
}

// What is parsed and appended again says the same.
func TestAppend(t *testing.T) {
	p := New(Options{})
	for _, v := range vectors {
		a, err := parse(t, p, unhex(t, v.in))
		if err != nil {
			t.Fatal(v.name, err)
		}
		wire, binary, err := p.AppendPacket(nil, a)
		if err != nil || !binary {
			t.Fatal(v.name, binary, err)
		}
		if _, err := msgp.Skip(wire); err != nil {
			t.Fatalf("%s: %x: %v", v.name, wire, err)
		}
		b, err := parse(t, p, wire)
		if err != nil {
			t.Fatalf("%s: %x: %v", v.name, wire, err)
		}
		ak, aj, ab := show(a)
		bk, bj, bb := show(b)
		if aj == "null" {
			aj = ""
		}
		if ak != bk || aj != bj || ab != bb {
			t.Errorf("%s: %s %s %s became %s %s %s", v.name, ak, aj, ab, bk, bj, bb)
		}
	}
	json := `["\u0041\ud83d\ude00\ud800x\n\/", 1e3 , -0.5 ,1e300,-129]`
	wire, _, err := p.AppendPacket(nil, &sio.WirePacket{Type: 2, Namespace: []byte("/"), Payload: []byte(json)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := parse(t, p, wire)
	if got := string(out.Payload); err != nil || got != "[\"A😀\ufffdx\\u000a/\",1000,-0.5,1e+300,-129]" {
		t.Errorf("%s became %s, %v", json, got, err)
	}
	for _, bad := range []string{`[`, `]`, `[1`, `["a]`, `[tru]`, `[1,]`, `{"a"}`, `{1:2}`, `[1 2]`, `[}`,
		`["\u12"]`, `[-]`,
		strings.Repeat("[", 1000), `[1],[2]`, `[1]]`} {
		in := &sio.WirePacket{Type: 2, Namespace: []byte("/"), Payload: []byte(bad)}
		if wire, _, err := p.AppendPacket(nil, in); err == nil {
			t.Errorf("%s became %x", bad, wire)
		}
	}
}

// Decoder bombs and malformed packets, as the data of an event where they are no packet themselves: refused, and
// without memory beyond what the message itself is worth.
func TestBadInput(t *testing.T) {
	p := New(Options{})
	event := func(data string) string { return upToData + "92 a161" + data }
	for name, in := range map[string]string{
		"array of 2^32-1":      event("ddffffffff"),
		"array of 2^28":        event("dd10000000"),
		"map of 2^26":          event("df04000000"),
		"binary of 2^30":       event("c640000000"),
		"string of 2^32-1":     event("dbffffffff"),
		"binary of 2^32-1":     event("c6ffffffff"),
		"ext of 2^32-1":        event("c9ffffffff00"),
		"ext of 2^31-1":        event("c97fffffff00"),
		"key of 2^32-1":        event("81dbffffffff"),
		"nsp of 2^32-1":        "83 a474797065 02 a36e7370 dbffffffff",
		"name of 2^32-1":       "83 dbffffffff",
		"20 nested arrays":     event(strings.Repeat("dd00100000", 20)),
		"arrays in arrays":     event(strings.Repeat("91", 1e6)),
		"maps in maps":         event(strings.Repeat("81a161", 1e6)),
		"key is an array":      event("81 90 01"),
		"key is a map":         event("81 80 01"),
		"key is binary":        event("81 c40161 01"),
		"key is a number":      event("81 01 01"),
		"fixext cut":           event("d4"),
		"fixext 16 cut":        event("d8ff00"),
		"ext 8 cut":            event("c7ff"),
		"c1":                   event("c1"),
		"bad UTF-8":            event("a2c328"),
		"bad UTF-8 key":        event("81 a2c328 01"),
		"timestamp of 16":      event("d8ff" + strings.Repeat("00", 16)),
		"timestamp of 1":       event("d4ff00"),
		"timestamp beyond":     event("c70cff000000007fffffffffffffff"),
		"nanoseconds beyond":   event("c70cffffffffff0000000000000000"),
		"unknown extension":    event("d40500"),
		"key twice":            event("82 a161 01 a161 02"),
		"NaN":                  event("cb7ff8000000000000"),
		"infinity":             event("ca7f800000"),
		"trailing bytes":       event("01 01"),
		"elements beyond":      upToData + "dc0bb8" + strings.Repeat("dc00ff"+strings.Repeat("80", 255), 3000),
		"1 MB of empty maps":   strings.Repeat("80", 1e6),
		"1 MB of maps as data": upToData + "dd000f4240" + strings.Repeat("80", 1e6),
		"type twice":           "83 a474797065 02 a474797065 02 a36e7370 a12f",
		"no type":              "82 a36e7370 a12f a464617461 91a161",
		"no nsp":               "82 a474797065 02 a464617461 91a161",
		"nsp is a number":      "83 a474797065 02 a36e7370 01 a464617461 91a161",
		"type is a string":     "83 a474797065 a132 a36e7370 a12f a464617461 91a161",
		"type undefined":       "83 a474797065 d40000 a36e7370 a12f a464617461 91a161",
		"id negative":          "84 a474797065 02 a26964 ff a36e7370 a12f a464617461 91a161",
		"id of 2^64-1":         "84 a474797065 02 a26964 cfffffffffffffffff a36e7370 a12f a464617461 91a161",
		"an array":             "91a161", "nothing": "", "a map cut": "83 a474797065 02",
	} {
		in := unhex(t, in)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := parse(t, p, in)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%s: %d bytes allocated for %d", name, n, len(in))
		}
	}
	if err := p.ParsePacket([]byte("40"), false, new(sio.WirePacket)); err == nil {
		t.Error("text is accepted")
	}
}

// Any input is refused or survives a round; nothing panics.
func FuzzParse(f *testing.F) {
	for _, v := range vectors {
		f.Add(unhex(f, v.in))
	}
	p := New(Options{MaxElements: 1000})
	f.Fuzz(func(t *testing.T, in []byte) {
		a, err := parse(t, p, in)
		if err != nil {
			return
		}
		wire, _, err := p.AppendPacket(nil, a)
		if err != nil {
			t.Fatalf("%x gave %q: %v", in, a.Payload, err)
		}
		b, err := parse(t, p, wire)
		if err != nil {
			t.Fatalf("%x gave %x: %v", in, wire, err)
		}
		again, _, err := p.AppendPacket(nil, b)
		if err != nil || !bytes.Equal(again, wire) {
			t.Fatalf("%x gave %x and %x, %v", in, wire, again, err)
		}
	})
}
