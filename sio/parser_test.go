package sio

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// lines is a Parser as a user might write it: "type namespace id|- [payload]" with attachments as !hex! in it.
type lines struct{}

func (lines) AppendPacket(dst []byte, p *WirePacket) ([]byte, bool, error) {
	id := "-"
	if p.HasID {
		id = strconv.FormatUint(p.ID, 10)
	}
	dst = fmt.Appendf(dst, "%d %s %s ", p.Type, p.Namespace, id)
	from := 0
	for i := 0; ; i++ {
		b, start, end, ok := p.Attachment(i)
		if !ok {
			break
		}
		dst = fmt.Appendf(append(dst, p.Payload[from:start]...), "!%x!", b)
		from = end
	}
	return append(dst, p.Payload[from:]...), false, nil
}

func (lines) ParsePacket(message []byte, binary bool, p *WirePacket) error {
	part := bytes.SplitN(message, []byte{' '}, 4)
	if binary || len(part) != 4 {
		return errors.New("lines: malformed")
	}
	p.Type, _ = strconv.Atoi(string(part[0]))
	p.Namespace = part[1]
	if id := string(part[2]); id != "-" {
		n, _ := strconv.Atoi(id)
		p.ID, p.HasID = uint64(n), true
	}
	for i, s := range strings.Split(string(part[3]), "!") {
		if i%2 == 0 {
			p.Payload = append(p.Payload, s...)
			continue
		}
		b := []byte(nil)
		if _, err := fmt.Sscanf(s, "%x", &b); err != nil {
			return err
		}
		p.Attach(b)
	}
	return nil
}

func TestParserOption(t *testing.T) {
	r := newRig(t, Options{Parser: lines{}})
	r.fixture()
	r.io.On("see", func(e *Event) {
		var v struct{ B []byte }
		check(t, e.Bind(1, &v))
		e.Ack(e.Len(), e.Bytes(0), v.B, e.Arg(1), e.Any(1), e.Raw(2) != nil)
	})
	c := r.ws(4, "")
	c.send("40 / - ")
	if got := c.recv(); !strings.HasPrefix(got, `40 / - {"sid":"`) {
		t.Fatal(got)
	}
	c.send(`42 / 7 ["message-with-ack",1,{"_placeholder":true,"num":0},!0102!]`)
	c.expect(`43 / 7 [1,{"_placeholder":true,"num":0},!0102!]`)
	c.send(`42 / 8 ["see",!01!,{"B":!02ff!},3]`)
	c.expect(`43 / 8 [3,!01!,!02ff!,{"B":!02ff!},{"B":!02ff!},true]`)
	r.io.Emit("all", map[string]any{"_placeholder": true, "num": 0}, []byte{9})
	c.expect(`42 / - ["all",{"_placeholder":true,"num":0},!09!]`)
	c.send("40 /no - ")
	c.expect(`44 /no - {"message":"nope"}`)
	c.send("40 /dyn-1 - {}")
	if got := c.recv(); !strings.HasPrefix(got, `40 /dyn-1 - {"sid":"`) {
		t.Fatal(got)
	}
	r.only("/dyn-1").Disconnect(false)
	c.expect("41 /dyn-1 - ")
	for _, bad := range []string{"5 / - []", "-1 / - []", "2 x - []", `2 /,a - ["a"]`, `2 / - `, `2 / - {}`, `2 / - ["a"`,
		`2 / - ["connect"]`, "0 / - []", "1 / - []", "40", `2 / - [!zz!]`} {
		w := r.ws(4, "")
		w.send("40 / - ")
		w.recv()
		w.send("4" + bad)
		w.expect("close")
	}
	w := r.ws(4, "")
	w.send("40 / - ")
	w.recv()
	w.bin(1, 2)
	w.expect("close")
}
