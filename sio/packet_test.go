package sio

import (
	"bytes"
	"strings"
	"testing"
)

var testLimits = limits{attachments: 10, namespaceBytes: 64, nameBytes: 32}

// headers are packets and what their header says.
var headers = []struct {
	wire string
	want packet
	err  error
}{
	{"0", packet{kind: typeConnect}, nil},
	{`0{"a":1}`, packet{kind: typeConnect, data: []byte(`{"a":1}`)}, nil},
	{"0/", packet{kind: typeConnect}, nil},
	{"0/,", packet{kind: typeConnect}, nil},
	{"0/a", packet{kind: typeConnect, namespace: []byte("/a")}, nil},
	{"0/a?x=1,", packet{kind: typeConnect, namespace: []byte("/a?x=1")}, nil},
	{"012", packet{kind: typeConnect, hasID: true, id: 12}, nil},
	{"1", packet{kind: typeDisconnect}, nil},
	{"1/a,", packet{kind: typeDisconnect, namespace: []byte("/a")}, nil},
	{`2["a"]`, packet{kind: typeEvent, data: []byte(`["a"]`)}, nil},
	{`2/a,["a"]`, packet{kind: typeEvent, namespace: []byte("/a"), data: []byte(`["a"]`)}, nil},
	{`2/a,7["a"]`, packet{kind: typeEvent, namespace: []byte("/a"), hasID: true, id: 7, data: []byte(`["a"]`)}, nil},
	{`20["a"]`, packet{kind: typeEvent, hasID: true, data: []byte(`["a"]`)}, nil},
	{`2007["a"]`, packet{kind: typeEvent, hasID: true, id: 7, data: []byte(`["a"]`)}, nil},
	{`29007199254740993["a"]`, packet{kind: typeEvent, hasID: true, id: 1 << 53, data: []byte(`["a"]`)}, nil},
	{`2000000000000000000001["a"]`, packet{kind: typeEvent, hasID: true, id: 1, data: []byte(`["a"]`)}, nil},
	{"312[]", packet{kind: typeAck, hasID: true, id: 12, data: []byte("[]")}, nil},
	{"3[]", packet{kind: typeAck, data: []byte("[]")}, nil},
	{`4{"message":"x"}`, packet{kind: typeConnectError, data: []byte(`{"message":"x"}`)}, nil},
	{`4"x"`, packet{kind: typeConnectError, data: []byte(`"x"`)}, nil},
	{`51-["a"]`, packet{kind: typeBinaryEvent, attachments: 1, data: []byte(`["a"]`)}, nil},
	{`510-/a,3["a"]`, packet{kind: typeBinaryEvent, attachments: 10, namespace: []byte("/a"), hasID: true, id: 3,
		data: []byte(`["a"]`)}, nil},
	{`61-3[]`, packet{kind: typeBinaryAck, attachments: 1, hasID: true, id: 3, data: []byte(`[]`)}, nil},

	{"", packet{}, errPacketType},
	{"7", packet{}, errPacketType},
	{"x", packet{}, errPacketType},
	{" 2", packet{}, errPacketType},
	{"0null", packet{}, errPayload},
	{"0[]", packet{}, errPayload},
	{`0"a"`, packet{}, errPayload},
	{"0 ", packet{}, errPayload},
	{"1{}", packet{}, errPayload},
	{"2", packet{}, errPayload},
	{"2{}", packet{}, errPayload},
	{` 2[]`, packet{}, errPacketType},
	{`2 ["a"]`, packet{}, errPayload},
	{`2-1["a"]`, packet{}, errPayload},
	{`21e1["a"]`, packet{}, errPayload},
	{"3", packet{}, errPayload},
	{"3{}", packet{}, errPayload},
	{"4[]", packet{}, errPayload},
	{"4", packet{}, errPayload},
	{"5", packet{}, errAttachments},
	{"5-", packet{}, errAttachments},
	{"50-[]", packet{}, errAttachments},
	{"51[]", packet{}, errAttachments},
	{"51.5-[]", packet{}, errAttachments},
	{"5 1-[]", packet{}, errAttachments},
	{"5-1-[]", packet{}, errAttachments},
	{"511-[]", packet{}, errTooManyAttached},
	{"599999999999999999999-[]", packet{}, errTooManyAttached},
	{"51-", packet{}, errPayload},
	{"210000000000000000001[]", packet{}, errAckID},
	{"0/\xff", packet{}, errNamespace},
	{"0/a\x1eb,", packet{}, errNamespace},
	{"0/" + strings.Repeat("a", 64), packet{}, errNamespace},
}

func TestParsePacket(t *testing.T) {
	for _, h := range headers {
		var got packet
		err := got.parse([]byte(h.wire), &testLimits)
		if err != h.err {
			t.Errorf("%q: error %v, want %v", h.wire, err, h.err)
			continue
		}
		if err == nil && !samePacket(got, h.want) {
			t.Errorf("%q: got %+v, want %+v", h.wire, got, h.want)
		}
	}
}

func samePacket(a, b packet) bool {
	return a.kind == b.kind && a.hasID == b.hasID && a.id == b.id && a.attachments == b.attachments &&
		bytes.Equal(a.namespace, b.namespace) && (a.namespace == nil) == (b.namespace == nil) && bytes.Equal(a.data, b.data)
}

// FuzzPacket: what is accepted prints as a packet that means the same, and the views stay inside the message.
func FuzzPacket(f *testing.F) {
	for _, h := range headers {
		f.Add([]byte(h.wire))
	}
	var sc scanner
	f.Fuzz(func(t *testing.T, b []byte) {
		var p packet
		err := p.parse(b, &testLimits)
		if err != nil {
			return
		}
		if p.attachments < 0 || p.attachments > testLimits.attachments || len(p.namespace) > testLimits.namespaceBytes ||
			len(p.data) > len(b) {
			t.Fatalf("bounds: %+v", p)
		}
		var e encoder
		e.begin(nil, "")
		e.buf = append(e.buf, p.data...)
		e.atts = make([][]byte, p.attachments)
		wire := ""
		if p.namespace != nil {
			wire = string(p.namespace) + ","
			e.begin(nil, wire)
			e.buf = append(e.buf, p.data...)
		}
		kind := p.kind
		if kind.binary() {
			kind -= typeBinaryEvent - typeEvent
		}
		var again packet
		err = again.parse(e.end(kind, wire, p.id, p.hasID), &testLimits)
		if err != nil || !samePacket(again, p) {
			t.Fatalf("%q: printed packet reads %+v, %v", b, again, err)
		}
		ev := new(Event)
		if ev.load(&sc, &p, make([][]byte, p.attachments), &testLimits) != nil {
			return
		}
		for i := range ev.Len() + 1 {
			ev.String(i)
			ev.Text(i)
			ev.Int(i)
			ev.Float(i)
			ev.Bool(i)
			ev.Bytes(i)
			ev.Raw(i)
		}
	})
}

func TestPacketTypeNames(t *testing.T) {
	for kind, want := range map[packetType]string{typeConnect: "CONNECT", typeBinaryAck: "BINARY_ACK", 7: "UNKNOWN"} {
		if kind.String() != want {
			t.Errorf("%d is %s", kind, kind)
		}
	}
}
