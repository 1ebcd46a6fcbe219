package sim

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Socket.IO packets as a client writes and reads them, from the protocol
// documents and without package sio.

// The packet types.
const (
	spConnect = iota
	spDisconnect
	spEvent
	spAck
	spConnectError
	spBinaryEvent
	spBinaryAck
)

// spacket is a packet, its attachments in place.
type spacket struct {
	kind int // the binary kinds are told as their plain ones
	nsp  string
	id   int64 // -1: none
	args []any // of events (name first) and acks
	data any   // of the other kinds
	want int   // attachments that are still to come
	atts [][]byte

	offset string // of an event that was kept
}

// encode makes the messages of a packet: the text, then the attachments.
func (p *spacket) encode() (text []byte, atts [][]byte) {
	var payload any
	if p.args != nil {
		payload = extract(any(p.args), &atts)
	} else if p.data != nil {
		payload = p.data
	}
	kind := p.kind
	if len(atts) > 0 {
		kind += spBinaryEvent - spEvent
	}
	text = []byte{byte('0' + kind)}
	if len(atts) > 0 {
		text = append(strconv.AppendInt(text, int64(len(atts)), 10), '-')
	}
	if p.nsp != "/" {
		text = append(append(text, p.nsp...), ',')
	}
	if p.id >= 0 {
		text = strconv.AppendInt(text, p.id, 10)
	}
	if payload != nil {
		b, err := json.Marshal(payload)
		if err != nil {
			panic(err)
		}
		text = append(text, b...)
	}
	return text, atts
}

// extract replaces binary by placeholders.
func extract(v any, atts *[][]byte) any {
	switch v := v.(type) {
	case []byte:
		*atts = append(*atts, v)
		return map[string]any{"_placeholder": true, "num": len(*atts) - 1}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = extract(v[i], atts)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range keys(v) {
			out[k] = extract(v[k], atts)
		}
		return out
	}
	return v
}

// decode reads the text of a packet; wrong says what is malformed.
func decode(b []byte) (p *spacket, wrong string) {
	if len(b) == 0 || b[0] < '0' || b[0] > '6' {
		return nil, "packet type"
	}
	p = &spacket{kind: int(b[0] - '0'), nsp: "/", id: -1}
	b = b[1:]
	if p.kind >= spBinaryEvent {
		p.kind -= spBinaryEvent - spEvent
		i := bytes.IndexByte(b, '-')
		n, err := strconv.Atoi(string(b[:max(i, 0)]))
		if err != nil || n < 1 {
			return nil, "number of attachments"
		}
		p.want, b = n, b[i+1:]
	}
	if len(b) > 0 && b[0] == '/' {
		i := bytes.IndexByte(b, ',')
		if i < 0 {
			return nil, "namespace"
		}
		p.nsp, b = string(b[:i]), b[i+1:]
	}
	i := 0
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i > 0 {
		n, err := strconv.ParseInt(string(b[:i]), 10, 64)
		if err != nil {
			return nil, "ack id"
		}
		p.id, b = n, b[i:]
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &p.data); err != nil {
			return nil, "JSON: " + err.Error()
		}
	}
	if p.kind == spEvent || p.kind == spAck {
		list, ok := p.data.([]any)
		if !ok {
			return nil, "payload is no array"
		}
		p.args, p.data = list, nil
	}
	return p, ""
}

// whole puts the attachments in place.
func (p *spacket) whole() (wrong string) {
	used := 0
	var put func(v any) any
	put = func(v any) any {
		switch v := v.(type) {
		case []any:
			for i := range v {
				v[i] = put(v[i])
			}
		case map[string]any:
			if v["_placeholder"] == true {
				n, ok := v["num"].(float64)
				if !ok || n < 0 || int(n) >= len(p.atts) {
					wrong = "placeholder"
					return nil
				}
				used++
				return p.atts[int(n)]
			}
			for _, k := range keys(v) {
				v[k] = put(v[k])
			}
		}
		return v
	}
	put(any(p.args))
	if used != len(p.atts) {
		wrong = "attachments without a placeholder"
	}
	return wrong
}
