package sio

import (
	"strings"
	"testing"
)

// word is the number of a word of the dictionary.
func word(s string) string {
	for i, w := range snippets {
		if w == s {
			return string([]byte{byte(i)})
		}
	}
	panic("no word " + s)
}

func sentence(list ...string) (b string) {
	for _, w := range list {
		b += word(w)
	}
	return b
}

// scripts lead into the deeper states.
func scripts() []string {
	ws4, ws3, poll4, poll3 := "\x05", "\x04", "\x07", "\x06" // with a CONNECT
	hello := act(doWords, 0, sentence("42", `["e"]`)) + act(doWords, 0, sentence("42", "7", `["ack",1]`))
	two := act(doOpen, 0, ws4) + act(doOpen, 1, ws4)
	everything := ""
	for how := range byte(64) {
		everything += act(doServe, how&3, string([]byte{how}))
	}
	binary := act(doWords, 0, sentence("451-", "[", `"e"`, ",", `{"_placeholder":true,"num":0}`, "]"))
	return []string{
		act(doOpen, 0, ws4) + hello + act(doEnd, 0, "\x00"),
		act(doOpen, 0, ws3) + hello + act(doEnd, 0, "\x01") + act(doWait, 0, "\x10"),
		act(doOpen, 0, poll4) + hello + act(doPoll, 0, "") + act(doUpgrade, 0, "") + act(doText, 0, "5") + hello,
		act(doOpen, 0, poll3) + hello + act(doPoll, 0, "") + act(doUpgrade, 0, "") + act(doPoll, 0, "") + act(doText, 0, "5"),
		act(doOpen, 0, poll4) + act(doUpgrade, 0, "") + act(doWait, 0, "\xff"),
		two + act(doWords, 0, sentence("42", `["join","r1"]`)) +
			act(doWords, 5, sentence("42", "[", `"room"`, ",", `"r1"`, "]")),
		two + everything + act(doEnd, 1, "\x01") + everything,
		act(doOpen, 0, ws4) + binary + act(doBinary, 0, "abc") + binary + act(doText, 0, "42[\"e\"]"),
		act(doOpen, 0, ws4) + binary + act(doEnd, 0, "\x02") + act(doWait, 0, "\xff") + act(doWait, 0, "\xff"),
		act(doOpen, 0, ws4) + act(doServe, 0, "\x00") + act(doEnd, 0, "\x01") + act(doServe, 0, "\x00") +
			act(doReturn, 0, "") + act(doEnd, 0, "\x01") + act(doReturn, 0, ""),
		act(doOpen, 0, "\x0d") + act(doWords, 0, sentence("42/a,", "0", `["ack",1]`)) + act(doWords, 0, sentence("41/a,")),
		act(doOpen, 0, "\x15") + act(doOpen, 4, "\x1d") + act(doWait, 0, "\x02") + act(doEnd, 4, "\x01"),
		act(doOpen, 0, ws4) + act(doWords, 0, sentence("42", `["ask"]`)) + act(doWords, 0, sentence("4305", "[", "]")) +
			act(doWords, 0, sentence("43", "0", "[", `"e"`, "]")),
		act(doOpen, 0, ws4) + act(doWords, 0, sentence("42", "1", "[", `"later"`, "]")) + act(doText, 0, "41") +
			act(doWait, 0, "\x20"),
		act(doOpen, 0, ws4) + act(doStall, 0, "\x00") + strings.Repeat(act(doServe, 0, "\x03"), 12) + act(doStall, 0, "\x01"),
		act(doOpen, 0, poll4) + strings.Repeat(act(doServe, 4, "\x03"), 10) + act(doPoll, 4, "") + act(doPoll, 0, ""),
		act(doOpen, 0, "\x47") + hello + act(doPoll, 0, "") +
			act(doText, 0, "42[\"e\",{\"num\":1,\"list\":[null,true],\"b\":\"x\"}]"),
		act(doOpen, 0, "\x46") + hello + act(doPoll, 0, "") + act(doOpen, 0, "\x22") + hello + act(doPoll, 0, ""),
		act(doHTTP, 0, "\x00EIO=4&transport=polling&sid=x") + act(doHTTP, 0, "\x01EIO=2&transport=websocket"),
		act(doOpen, 0, ws4) + act(doWords, 0, sentence("42", `["ask"]`)) + act(doEnd, 0, "\x01"),
		act(doOpen, 0x14, ws4) + act(doWords, 0x0c, sentence("42", `["bye"]`)) + act(doText, 0x04, `42["gone"]`),
		act(doRaw, 0, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n"+
			"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
		act(doOpen, 0, ws4) + act(doRaw, 0, "\x01\x83\x00\x00\x00\x004\x32[") +
			act(doRaw, 0, "\x88\x82\x00\x00\x00\x00\x03\xe8"),
	}
}

// FuzzScript plays any script on the whole stack: no panic; handlers run between connection and disconnect, which
// is told once and with a reason; each ack is settled once; and nothing is left.
func FuzzScript(f *testing.F) {
	for _, s := range scripts() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		st := newStage(t)
		for n := 0; len(b) >= 3 && n < 100; n++ {
			size := min(int(b[2]), len(b)-3)
			st.play(b[0]%actions, b[1], string(b[3:3+size]))
			b = b[3+size:]
		}
		st.finish()
	})
}
