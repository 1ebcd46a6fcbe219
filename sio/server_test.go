package sio

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unsafe"
)

// The memory of an idle client: these two, the id, and its place in the namespace.
func TestSizes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the figures are those of 64-bit machines")
	}
	if n := unsafe.Sizeof(Client{}); n > 48 {
		t.Errorf("a Client has %d bytes", n)
	}
	if n := unsafe.Sizeof(Socket{}); n > 160 {
		t.Errorf("a Socket has %d bytes", n)
	}
}

// What goes wrong is logged in one line, however often it happens, unless somebody else is told.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	r := newLoggingRig(t, Options{}, &out)
	r.io.On("boom", func(*Event) { panic("no\nno") })
	for range 5 {
		r.connect("").send("47\x01")
		r.connect("").send(`42["boom"]`)
		r.connect("").send("2") // a packet of the engine that clients do not send
	}
	r.settle()
	r.io.report(nil, ErrUnsupported) // too soon after the last one
	text := out.String()
	for _, want := range []string{"unknown packet type", `panic in event \"boom\"`} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q stands %d times in %s", want, strings.Count(text, want), text)
		}
	}
	if n := strings.Count(text, "\n"); n != 2 {
		t.Errorf("%d lines: %s", n, text)
	}
}

func TestRefusalsAreTold(t *testing.T) {
	r := newRig(t, Options{})
	var got []error
	r.io.OnRefuse(func(c *Client, err error) {
		if len(c.Sockets()) != 1 || c.Server() != r.io || c.Conn() == nil {
			t.Error("the client is not as it was")
		}
		got = append(got, err)
	})
	for _, bad := range []string{"49", `42["a"`, "40"} {
		c := r.connect("")
		c.send(bad)
		c.expect("close")
	}
	if len(got) != 3 || got[0] != errPacketType || got[1] != errJSON || got[2] != errTwice {
		t.Errorf("got %v", got)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Error
	}{
		{errors.New("x"), Error{Message: "x"}}, {Error{"a", 1}, Error{"a", 1}}, {&Error{"b", 2}, Error{"b", 2}},
		{errors.Join(errors.New("first"), Error{"c", 3}), Error{"c", 3}},
	} {
		if got := asError(c.err); got != c.want {
			t.Errorf("%v: got %+v", c.err, got)
		}
	}
	for err, want := range map[error]string{
		errJSON: "sio: payload is not JSON", Error{Message: "m"}: "m",
		&PanicError{Handler: "a handler", Value: 1}:                  "sio: panic in a handler: 1",
		&ArgError{Event: "e", Index: 2, Want: "string", Got: "null"}: `sio: argument 2 of event "e" is null, not string`,
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func TestSendersAndAccessors(t *testing.T) {
	r := newRig(t, Options{Path: "chat/"})
	if r.io.Path() != "/chat" || r.io.Loop() != r.loop || r.io.Engine() == nil || r.io.Options().MaxAttachments != 10 ||
		r.io.Of("/") != r.io.Namespace || r.io.Server() != r.io || r.io.Name() != "/" {
		t.Error("an accessor is wrong")
	}
	r2 := newRig(t, Options{})
	c := r2.connect("")
	k := r2.only("/")
	k.Send("a")
	k.EmitBytes("b", []byte{1})
	k.Volatile().Volatile().EmitString("c", "d")
	k.Timeout(1).EmitBytes("e", nil)
	k.Timeout(1).Emit("f")
	r2.io.Send("g")
	r2.io.Local().Emit("h")
	r2.io.In(k.ID()).Send("i")
	r2.io.Except("x").In().EmitString("j", "k")
	c.expect(`42["message","a"]`, `451-["b",{"_placeholder":true,"num":0}]`, "bin 01", `42["c","d"]`,
		`451-["e",{"_placeholder":true,"num":0}]`, "bin ", `42["f"]`, `42["message","g"]`, `42["h"]`, `42["message","i"]`,
		`42["j","k"]`)
	if k.DisconnectError() != nil {
		t.Error(k.DisconnectError())
	}
	var desc error
	r2.io.OnDisconnect(func(s *Socket, _ Reason) { desc = s.DisconnectError() })
	c.frame(3, nil)
	r2.settle()
	if desc == nil {
		t.Error("the end has no description")
	}
}
