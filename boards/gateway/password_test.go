package main

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestPassword(t *testing.T) {
	p, err := makePassword("correct horse", 2)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parsePassword(p.String())
	if err != nil || again.String() != p.String() {
		t.Fatalf("%v, %v", again, err)
	}
	if !again.is("correct horse") || again.is("correct hors") || again.is("") {
		t.Error("the key is not that of the password")
	}
	if other, _ := makePassword("correct horse", 2); other.String() == p.String() {
		t.Error("two passwords with the same salt")
	}
}

// The second vector of PBKDF2 with SHA-256 in RFC 7914, section 11, of which a key is the first half.
func TestPasswordVector(t *testing.T) {
	key, err := hex.DecodeString("4ddcd8f60b98be21830cee5ef22701f9" +
		"641a4418d04c0414aeff08876b34ab56")
	p := password{rounds: 80000, salt: []byte("NaCl"), key: key}
	if err != nil || !p.is("Password") || p.is("password") {
		t.Error("not the key of the vector")
	}
}

func TestParsePasswordRefuses(t *testing.T) {
	good := "pbkdf2-sha256$1$AAAAAAAAAAA$" + strings.Repeat("A", 43)
	if _, err := parsePassword(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "secret", "md5$1$AAAAAAAAAAA$" + strings.Repeat("A", 43),
		strings.Replace(good, "$1$", "$0$", 1), strings.Replace(good, "$1$", "$99999999$", 1),
		strings.Replace(good, "$1$", "$x$", 1), strings.Replace(good, "AAAAAAAAAAA$", "AA$", 1),
		good + "A", good + "$", good[:len(good)-1], good[:len(good)-1] + "!",
	} {
		if _, err := parsePassword(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestHash(t *testing.T) {
	var out strings.Builder
	if err := hash(strings.NewReader("tulip\r\n"), &out); err != nil {
		t.Fatal(err)
	}
	p, err := parsePassword(strings.TrimSpace(out.String()))
	if err != nil || p.rounds != passwordRounds || !p.is("tulip") {
		t.Errorf("%q: %v", out.String(), err)
	}
	for _, bad := range []string{"", "\n", strings.Repeat("x", maxPassword+1)} {
		if err := hash(strings.NewReader(bad), &out); err == nil {
			t.Errorf("a password of %d bytes is taken", len(bad))
		}
	}
}

func TestRandomPassword(t *testing.T) {
	a, b := randomPassword(), randomPassword()
	if a == b || len(a) != 19 || strings.Count(a, "-") != 3 {
		t.Errorf("%q, %q", a, b)
	}
}

// FuzzPassword: what is taken as a password is written as one that is equal, and its costs are bounded.
func FuzzPassword(f *testing.F) {
	p, err := makePassword("word", 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.String())
	f.Add(strings.Replace(p.String(), "$1$", "$-1$", 1))
	f.Add(strings.Replace(p.String(), "$1$", "$99999999999$", 1))
	f.Add(p.String() + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePassword(text)
		if err != nil {
			return
		}
		if p.rounds < 1 || p.rounds > maxRounds || len(p.key) != keyBytes || len(p.salt) < 8 || len(p.salt) > 64 {
			t.Fatalf("%+v", p)
		}
		again, err := parsePassword(p.String())
		if err != nil || again.rounds != p.rounds || string(again.salt) != string(p.salt) ||
			string(again.key) != string(p.key) {
			t.Fatalf("%q becomes %q: %v", text, p, err)
		}
	})
}
