package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// userLine is a line of a users' file.
func userLine(t testing.TB, name, acoid, group, text, nickname string) string {
	t.Helper()
	p, err := makePassword(text, 1)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %s %s %s %s\n", name, acoid, group, p, nickname)
}

func TestParseUsers(t *testing.T) {
	text := "# who may sign in\n\n" + userLine(t, "ada", "77", "admin", "tulip", "Ada  L.") +
		"  " + strings.ReplaceAll(userLine(t, "uma", "78", "user", "rose", "Uma"), " ", "\t")
	u, err := parseUsers(text)
	if err != nil {
		t.Fatal(err)
	}
	if a := u.byName["ada"]; a == nil || a.nickname != "Ada L." || !a.password.is("tulip") || a.password.is("rose") {
		t.Errorf("%+v", a)
	}
	for acoid, want := range map[string]eos.Group{"77": eos.Admin, "78": eos.Member, "79": eos.Guest, "": eos.Guest} {
		if got := u.GroupOf(acoid); got != want {
			t.Errorf("%q is in group %s", acoid, got)
		}
	}
	if u.nobody.is("tulip") || u.nobody.rounds != 1 {
		t.Error("who is unknown has a password")
	}
}

func TestParseUsersRefuses(t *testing.T) {
	ada := userLine(t, "ada", "77", "admin", "tulip", "Ada")
	for _, c := range []struct{ text, want string }{
		{"ada 77 admin\n", "line 1: want name"},
		{"ada 77 admin tulip Ada\n", "line 1: want pbkdf2"},
		{ada + userLine(t, "ada", "78", "user", "x", "A"), "line 2: name or acoid stands twice"},
		{ada + userLine(t, "uma", "77", "user", "x", "A"), "line 2: name or acoid stands twice"},
		{userLine(t, "ada", "77", "root", "x", "A"), "unknown group"},
		{userLine(t, "ada", strings.Repeat("7", 999), "admin", "x", "A"), "not an acoid"},
		{userLine(t, "ada", "77", "admin", "x", strings.Repeat("A", 65)), "nickname"},
		{userLine(t, "ada", "77", "admin", "x", "A\x01"), "nickname"},
		{userLine(t, "ada", "77", "admin", "x", "A\xff"), "nickname"},
	} {
		if _, err := parseUsers(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

// A package installs a file without users: the program starts, and refuses everybody.
func TestNobody(t *testing.T) {
	u, err := parseUsers("# nobody\n")
	if err != nil || len(u.byName) != 0 {
		t.Fatal(u, err)
	}
	if u.nobody.rounds != 1 || u.nobody.is("") || u.nobody.is("x") {
		t.Error("a password for nobody")
	}
}

// A reload takes a good file and leaves a bad one.
func TestReload(t *testing.T) {
	loop, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	path := filepath.Join(t.TempDir(), "users")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(userLine(t, "ada", "77", "admin", "tulip", "Ada"))
	a, err := openAccounts(path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	reload := func() {
		t.Helper()
		done := false
		for rereadAll(loop, []again{a.again()}, func() { done = true }); !done; {
			if err := loop.Poll(-1); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(userLine(t, "ada", "77", "guest", "tulip", "Ada"))
	if reload(); a.GroupOf("77") != eos.Guest {
		t.Error("the group is the old one")
	}
	write("nonsense\n")
	if reload(); a.GroupOf("77") != eos.Guest || a.byName["ada"] == nil {
		t.Error("a bad file changed something")
	}
	write("# nobody\n")
	if reload(); a.byName["ada"] == nil {
		t.Error("a file without users locked everybody out")
	}
}

func TestDemoUsers(t *testing.T) {
	told := map[string]string{}
	u, err := demoUsers(func(name, text string) { told[name] = text })
	if err != nil || len(told) != 3 {
		t.Fatalf("%v, %v", told, err)
	}
	for name, text := range told {
		if !u.byName[name].password.is(text) {
			t.Errorf("the password of %s is another", name)
		}
	}
	if u.GroupOf("1001") != eos.Admin || u.GroupOf("1003") != eos.Guest {
		t.Error("groups")
	}
}

// FuzzUsers: a table that is taken has a group and a password for everybody in it.
func FuzzUsers(f *testing.F) {
	f.Add("# nobody\n")
	f.Add(userLine(f, "ada", "77", "admin", "tulip", "Ada  L.") + userLine(f, "uma", "78", "user", "rose", "Uma"))
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseUsers(text)
		if err != nil {
			return
		}
		if len(u.byName) != len(u.groups) {
			t.Errorf("%d names, %d accounts", len(u.byName), len(u.groups))
		}
		for name, who := range u.byName {
			if name == "" || who.nickname == "" || u.GroupOf(who.acoid) != who.group || len(who.password.key) != keyBytes {
				t.Errorf("%+v", who)
			}
			if again, err := parsePassword(who.password.String()); err != nil || again.rounds != who.password.rounds {
				t.Errorf("%v", err)
			}
		}
	})
}
