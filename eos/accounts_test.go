package eos

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAccountFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts")
	if _, err := LoadAccounts(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("no file: %v", err)
	}
	write(t, path, "# who\r\n\n1001 \t admin\r\n  1002 user\n1003 guest")
	f, err := LoadAccounts(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string, want map[string]Group) {
		t.Helper()
		for acoid, g := range want {
			if f.GroupOf(acoid) != g {
				t.Errorf("%s: %q is %s, want %s", when, acoid, f.GroupOf(acoid), g)
			}
		}
	}
	first := map[string]Group{"1001": Admin, "1002": Member, "1003": Guest, "1004": Guest, "": Guest}
	check("loaded", first)
	write(t, path, "1001 user\n1004 admin\n")
	check("changed on the disk only", first)
	write(t, path, "1001 user\n1004 boss\n")
	var where *FileError
	if err := f.Reload(); !errors.As(err, &where) || where.Line != 2 || where.Column != 6 {
		t.Errorf("a bad file: %v", err)
	}
	check("after a bad file", first)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if f.Reload() == nil || f.Len() != 3 {
		t.Error("a missing file was loaded")
	}
	write(t, path, "1001 user\n1004 admin\n")
	if err := f.Reload(); err != nil {
		t.Fatal(err)
	}
	check("reloaded", map[string]Group{"1001": Member, "1002": Guest, "1004": Admin})
}

func TestAccountLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts")
	write(t, path, "1 user\n2 user\n3 user\n")
	for _, c := range []struct {
		limits AccountLimits
		ok     bool
	}{
		{AccountLimits{MaxBytes: 21}, true}, {AccountLimits{MaxBytes: 20}, false},
		{AccountLimits{MaxAccounts: 3}, true}, {AccountLimits{MaxAccounts: 2}, false},
	} {
		if _, err := LoadAccountsWithin(path, c.limits); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.limits, err)
		}
	}
	write(t, path, strings.Repeat("\n", 3000))
	if _, err := LoadAccountsWithin(path, AccountLimits{MaxAccounts: 10}); err == nil {
		t.Error("3000 empty lines for 10 accounts")
	}
}

func TestBadAccounts(t *testing.T) {
	for text, want := range map[string]string{
		"1 user\n\n1 admin":     `line 3, column 1: the account stands twice: "1"`,
		"  1":                   "line 1, column 3: want 2 words (acoid, group), have 1",
		"1 user x":              "line 1, column 1: want 2 words (acoid, group), have 3",
		"1,2 user":              `line 1, column 1: not an acoid: "1,2"`,
		"ä user":                `line 1, column 1: not an acoid: "ä"`,
		"1 Admin":               `line 1, column 3: unknown group "Admin": want admin, user or guest`,
		"1 user\n2\x00 user":    "line 2, column 2: a control character, or bytes that are not UTF-8",
		"# ä\xff":               "line 1, column 4: a control character, or bytes that are not UTF-8",
		"1 user\r \n":           "line 1, column 7: a control character, or bytes that are not UTF-8",
		"# \xef":                "line 1, column 3: a control character, or bytes that are not UTF-8",
		"1 \uFFFD":              `line 1, column 3: unknown group "�": want admin, user or guest`,
		strings.Repeat("a", 65): `line 1, column 1: want 2 words (acoid, group), have 1`,
	} {
		_, err := parseAccounts(text, 100)
		if err == nil || err.Error() != "eos: accounts: "+want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// What is taken can be written down again and gives the same.
func FuzzAccounts(f *testing.F) {
	for _, s := range []string{"1001 admin\n1002 user", "# x\n\n1 guest\r\n", "1 user\n1 user", "a\xff user", "1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := parseAccounts(text, 50)
		if err != nil {
			var where *FileError
			if !errors.As(err, &where) || where.Line < 1 || where.Column < 1 {
				t.Fatalf("an error without a place: %v", err)
			}
			return
		}
		var b strings.Builder
		for acoid, g := range table {
			fmt.Fprintf(&b, "%s %s\n", acoid, g)
		}
		again, err := parseAccounts(b.String(), 50)
		if err != nil || len(again) != len(table) {
			t.Fatalf("%q read as %v, then %v %v", text, table, again, err)
		}
		for acoid, g := range table {
			if again[acoid] != g {
				t.Fatalf("%q: %s, then %s", acoid, g, again[acoid])
			}
		}
	})
}
