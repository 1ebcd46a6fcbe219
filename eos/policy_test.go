package eos

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const homePolicy = `# the home
default deny
allow connect *           /
allow emit    *           /      chat req
allow receive *           *      *
allow connect admin,user  /home
allow join    user,admin  /home  room:* lobby
allow emit    user,admin  /home  light:*:set say\shello \*
deny  emit    user        /home  light:*:door:* light:7:set
allow emit    admin       *      *
deny  emit    *           *      *:reserved
`

func load(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := LoadPolicy(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicy(t *testing.T) {
	p := load(t, homePolicy)
	for _, c := range []struct {
		action    string
		g         Group
		nsp, name string
		want      bool
	}{
		{"connect", Guest, "/", "", true}, {"connect", Guest, "/home", "", false}, {"connect", Member, "/home", "", true},
		{"connect", Admin, "/homes", "", false}, {"connect", "boss", "/home", "", false}, {"connect", "", "/", "", true},
		{"emit", Guest, "/", "chat", true}, {"emit", Guest, "/", "chats", false}, {"emit", Guest, "/home", "chat", false},
		{"emit", Member, "/home", "light:1:set", true}, {"emit", Member, "/home", "light:1:door:set", false},
		{"emit", Member, "/home", "light:7:set", false}, {"emit", Admin, "/home", "light:7:set", true},
		{"emit", Member, "/home", "light::set", true}, {"emit", Member, "/home", "light:set", false},
		{"emit", Member, "/home", "say hello", true},
		{"emit", Member, "/home", "*", true}, {"emit", Member, "/home", "x", false},
		{"emit", Admin, "/any", "thing", true}, {"emit", Admin, "/any", "a:reserved", false},
		{"join", Member, "/home", "lobby", true}, {"join", Member, "/home", "room:", true},
		{"join", Member, "/home", "room", false},
		{"join", Guest, "/home", "lobby", false}, {"join", Member, "/", "lobby", false},
		{"receive", Guest, "/home", "x", true},
	} {
		for range 2 { // the second time from the scope
			may := map[string]bool{
				"connect": p.MayConnect(c.g, c.nsp), "join": p.MayJoin(c.g, c.nsp, c.name),
				"emit": p.MayEmit(c.g, c.nsp, c.name), "receive": p.MayReceive(c.g, c.nsp, c.name),
			}[c.action]
			if may != c.want {
				t.Errorf("%s %s %s %q: %v", c.g, c.action, c.nsp, c.name, may)
			}
		}
	}
}

func TestPolicyDefaults(t *testing.T) {
	open, shut := load(t, "default allow\ndeny join guest * secret\n"), load(t, "default deny")
	if !open.MayConnect(Guest, "/x") || !open.MayEmit(Guest, "/", "x") ||
		open.MayJoin(Guest, "/x", "secret") || !open.MayJoin(Admin, "/x", "secret") {
		t.Error("default allow")
	}
	if shut.MayConnect(Admin, "/") || shut.MayJoin(Admin, "/", "") ||
		shut.MayEmit(Admin, "/", "") || shut.MayReceive(Admin, "/", "") {
		t.Error("default deny")
	}
	var none *Policy
	if !none.MayConnect(Guest, "/") || !none.MayJoin(Guest, "/", "r") ||
		!none.MayEmit(Guest, "/", "e") || !none.MayReceive(Guest, "/", "e") {
		t.Error("no policy denies something")
	}
}

func TestBadPolicies(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "empty: want default deny or default allow",
		"# only\n":                          "empty: want default deny or default allow",
		"allow connect * /":                 "line 1, column 1: the first line is not default deny or default allow",
		"default maybe":                     `line 1, column 9: unknown word "maybe": want deny or allow`,
		"default deny now":                  "line 1, column 1: the first line is not default deny or default allow",
		"default deny\ndefault allow":       "line 2, column 1: default stands twice, or not first",
		"default deny\n  permit emit * / x": `line 2, column 3: unknown word "permit": want allow or deny`,
		"default deny\nallow emit": "line 2, column 7: " +
			"the line ends too early: want action, groups and namespaces",
		"default deny\nallow leave * / x": `line 2, column 7: unknown action "leave": ` +
			`want connect, join, emit or receive`,
		"default deny\nallow emit ä,x / x":          `line 2, column 12: unknown group "ä": want admin, user, guest or *`,
		"default deny\nallow emit user, / x":        `line 2, column 17: unknown group "": want admin, user, guest or *`,
		"default deny\nallow emit user,user / x":    "line 2, column 17: group user stands twice",
		"default deny\nallow emit * home x":         "line 2, column 14: a namespace starts with / or *",
		"default deny\nallow connect * / x":         "line 2, column 19: connect takes no names",
		"default deny\nallow emit * /":              "line 2, column 14: the line ends too early: want rooms or events",
		"default deny\nallow emit * /ä** x":         "line 2, column 17: two stars in a row",
		"default deny\nallow emit * / a*b*c*d*e*f":  "line 2, column 25: more than 4 stars",
		"default deny\nallow emit * / äb\\n":        `line 2, column 18: after \ stands s, * or \`,
		"default deny\nallow emit * / b\\":          `line 2, column 17: after \ stands s, * or \`,
		"default deny\nallow emit * / b\x7f":        "line 2, column 17: a control character, or bytes that are not UTF-8",
		strings.Repeat("\n", 4000) + "default deny": "line 4001, column 1: more than 4000 lines",
		strings.Repeat("#", maxPolicyBytes+1):       "more than 262144 bytes",
	} {
		p, err := LoadPolicy(strings.NewReader(text))
		if p != nil || err == nil || err.Error() != "eos: policy: "+want {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

// Clients name namespaces: what they make a policy keep is bounded.
func TestPolicyKeepsLittle(t *testing.T) {
	p := load(t, homePolicy)
	for i := range 3 * maxScopes {
		nsp := fmt.Sprint("/n", i)
		if p.MayConnect(Admin, nsp) || p.MayEmit(Guest, nsp, "x") ||
			!p.MayEmit(Admin, nsp, "x") || p.MayEmit(Admin, nsp, "x:reserved") {
			t.Fatal(nsp)
		}
	}
	for i := range p.scopes {
		if len(p.scopes[i]) > maxScopes {
			t.Errorf("group %d keeps %d scopes", i, len(p.scopes[i]))
		}
	}
	if n := testing.AllocsPerRun(100, func() { p.MayEmit(Admin, "/n700", "x") }); n != 0 {
		t.Errorf("%v allocations beyond the bound", n)
	}
}

func TestPolicyLookupsDoNotAllocate(t *testing.T) {
	p := load(t, homePolicy)
	n := testing.AllocsPerRun(100, func() {
		p.MayConnect(Member, "/home")
		p.MayJoin(Member, "/home", "room:12")
		p.MayEmit(Member, "/home", "light:12:set")
		p.MayReceive(Member, "/home", "state")
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPolicyError(t *testing.T) {
	err := error(&PolicyError{Action: "emit", Name: "light:7:set", Group: Member})
	b, _ := json.Marshal(err)
	if want := `{"code":"denied","action":"emit","name":"light:7:set","group":"user"}`; string(b) != want {
		t.Errorf("%s, want %s", b, want)
	}
	if !IsDenied(fmt.Errorf("wrapped: %w", err)) || err.Error() != `eos: group user may not emit "light:7:set"` {
		t.Error(err)
	}
}

// slowMatch is the rule as one writes it down, with a way back.
func slowMatch(p, name string) bool {
	switch {
	case p == "":
		return name == ""
	case p[0] == '*':
		return slowMatch(p[1:], name) || name != "" && slowMatch(p, name[1:])
	}
	return name != "" && p[0] == name[0] && slowMatch(p[1:], name[1:])
}

func FuzzPattern(f *testing.F) {
	for _, s := range [][2]string{{"a*b*c", "abbc"}, {"*", ""}, {"a*a", "a"}, {"*ab*ab", "abab"}, {"a*b*a*b*", "aabb"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		p, _, wrong := parsePattern(text)
		if wrong != "" || strings.Contains(text, `\`) || len(text) > 20 || len(name) > 20 {
			return
		}
		if p.match(name) != slowMatch(text, name) {
			t.Fatalf("pattern %q, name %q: %v", text, name, p.match(name))
		}
	})
}

// A policy that is taken answers the same from a scope as from its rules.
func FuzzPolicy(f *testing.F) {
	f.Add(homePolicy, "/home", "light:7:set")
	f.Add("default allow\ndeny join * /a*b x\\s*\n", "/ab", "x y")
	f.Add("default deny\nallow emit user /\n", "/", "")
	f.Fuzz(func(t *testing.T, text, nsp, name string) {
		p, err := LoadPolicy(strings.NewReader(text))
		if err != nil {
			var where *FileError
			if !errors.As(err, &where) || p != nil {
				t.Fatal(err)
			}
			return
		}
		for i, g := range groups {
			for a := join; a <= receive; a++ {
				if p.may(a, g, nsp, name) != p.decide(a, i, nsp, name) {
					t.Fatalf("%s %s %q %q: scope and rules differ", g, actionNames[a], nsp, name)
				}
			}
			if p.MayConnect(g, nsp) != p.scope(i, nsp)[connect].may("") {
				t.Fatalf("%s connect %q", g, nsp)
			}
		}
	})
}

func BenchmarkMayEmit(b *testing.B) {
	p := load(b, homePolicy)
	b.ReportAllocs()
	for b.Loop() {
		if !p.MayEmit(Member, "/home", "light:12:set") {
			b.Fatal("denied")
		}
	}
}
