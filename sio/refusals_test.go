package sio

import "testing"

// refusals close the connection of a client in the main namespace at once.
var refusals = []string{
	"42[]", "42[null]", "42[{}]", "42[true]", "42{}", `42"a"`, "42[", "42null", `42abc["message"]`, `42["connect"]`,
	`42["connect_error"]`, `42["disconnect"]`, `42["disconnecting"]`, `42["newListener"]`, `42["removeListener"]`,
	`42["\u0063onnect"]`, `42-1["message"]`, `42 ["message"]`, "42", "4212", "43", "47", "49[]", "4abc", "4", "4-", "4 2",
	"430{}", `430"a"`, "430[", `450-["message"]`, `45["message"]`, `45-["message"]`, `45x-["message"]`,
	`451.5-["message"]`, `4511-["message"]`, `41{"a":1}`, `451-["message",{"_placeholder":true,"num":1}]`,
	`451-["message",{"_placeholder":true,"num":-1}]`, `451-["message",{"_placeholder":true,"num":"0"}]`,
	`451-["message",{"_placeholder":true}]`, "42[\"a\"]\ufeff", `4299999999999999999["message"]`, "40/custom,[]",
	`40"abc"`, "40[1]", "40null", "40{", "40true", "40 ", `42["message",1e5,01]`, `42["message",NaN]`,
}

func TestRefusals(t *testing.T) {
	r := newRig(t, Options{})
	reasons := r.fixture()
	for _, line := range refusals {
		c := r.connect("")
		c.send(line)
		if got := c.recv(); got != "close" {
			t.Errorf("%s: got %q", line, got)
		}
		if reason := reasons[c.sid]; reason != ForcedClose {
			t.Errorf("%s: reason %q", line, reason)
		}
	}
}
