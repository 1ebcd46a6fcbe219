package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
)

func keyFile(t *testing.T, key []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A key of a file outlives the program, and one without a file is another each time.
func TestKeys(t *testing.T) {
	path := keyFile(t, bytes.Repeat([]byte("k"), 32))
	now := time.Unix(1_700_000_000, 0)
	u := &user{name: "ada", acoid: "77", nickname: "Ada"}
	open := func(path string) *tokens {
		t.Helper()
		tokens, err := openTokens(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return tokens
	}
	p, err := open(path).issue(u, now)
	if err != nil || !p.expires.Equal(now.Add(12*time.Hour)) {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := open(path).renew(p.token, p.renewal, now.Add(time.Hour), anyone); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if _, err := open("").renew(p.token, p.renewal, now, anyone); err == nil {
		t.Error("another key believes it")
	}
	if _, err := open(path).renew(p.token, p.renewal, p.expires, anyone); err == nil {
		t.Error("an expired token is renewed")
	}
	late := eos.Claim{Token: p.token, Srand: p.srand, Now: now.Add(2 * time.Minute)}
	open(path).Verify(&late, func(_ *eos.Info, err error) {
		if e, ok := err.(*eos.VerifyError); !ok || e.Reason != eos.ReasonStale {
			t.Errorf("a srand of two minutes ago: %v", err)
		}
	})
}

func TestKeyFileRefuses(t *testing.T) {
	for _, n := range []int{0, minKeyBytes - 1, maxKeyBytes + 1} {
		if _, err := openTokens(keyFile(t, make([]byte, n)), nil); err == nil {
			t.Errorf("a key of %d bytes is taken", n)
		}
	}
	if _, err := openTokens(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("a key that is not there is taken")
	}
}

func anyone(string) bool { return true }
