package eos

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

var (
	at      = time.Unix(1_800_000_000, 0)
	hmacKey = Key{ID: "h1", Secret: bytes.Repeat([]byte{7}, 32)}
	edKey   = Key{ID: "e1", Private: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))}
	edOpen  = Key{ID: "e1", Public: edKey.Private.Public().(ed25519.PublicKey)}
	alice   = User{Acoid: "1001", Nickname: "Alice Ä"}
)

// verify runs v to its end; done must come exactly once.
func verify(t testing.TB, v Verifier, c *Claim) (*Info, Reason) {
	t.Helper()
	var info *Info
	var err error
	calls := 0
	v.Verify(c, func(i *Info, e error) { info, err, calls = i, e, calls+1 })
	if calls != 1 {
		t.Fatalf("done was called %d times", calls)
	}
	if err == nil {
		return info, ""
	}
	if info != nil {
		t.Fatal("an info beside an error")
	}
	return nil, err.(*VerifyError).Reason
}

func sign(t testing.TB, k Key, lifetime time.Duration, now time.Time) (token, srand string) {
	t.Helper()
	token, srand, err := (&Issuer{Key: k, Lifetime: lifetime}).Sign(alice, Cloud, now)
	if err != nil {
		t.Fatal(err)
	}
	return token, srand
}

func TestSignedTokenIsBelieved(t *testing.T) {
	v := &SignedToken{Keys: []Key{hmacKey, edOpen}}
	for _, k := range []Key{hmacKey, edKey} {
		token, srand := sign(t, k, time.Hour, at)
		info, why := verify(t, v, &Claim{Token: token, Srand: srand, Now: at})
		if why != "" || info == nil {
			t.Fatalf("key %s: refused: %s", k.ID, why)
		}
		ends := at.Add(time.Hour)
		if *info.User != alice || info.Channel != Cloud || info.Token != token || !info.Expires.Equal(ends) {
			t.Errorf("key %s: %+v %+v", k.ID, info, info.User)
		}
	}
	if info, why := verify(t, v, &Claim{Now: at}); info != nil || why != "" {
		t.Errorf("no token: %v %s, want anonymous access", info, why)
	}
}

// Time goes in fixed steps over the life of a pair.
func TestTokenTimes(t *testing.T) {
	v := &SignedToken{Keys: []Key{hmacKey}}
	token, srand := sign(t, hmacKey, 300*time.Second, at)
	issuer := &Issuer{Key: hmacKey}
	for _, step := range []struct {
		second       int
		first, fresh Reason // with the first srand, with one of this second
	}{
		{-31, ReasonExpired, ReasonExpired}, {-30, "", ""}, {0, "", ""}, {60, "", ""}, {90, "", ""},
		{91, ReasonStale, ""}, {299, ReasonStale, ""},
		{300, ReasonExpired, ReasonExpired}, {3000, ReasonExpired, ReasonExpired},
	} {
		now := at.Add(time.Duration(step.second) * time.Second)
		if _, why := verify(t, v, &Claim{Token: token, Srand: srand, Now: now}); why != step.first {
			t.Errorf("second %d: %q, want %q", step.second, why, step.first)
		}
		renewed, err := issuer.Renew(token, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, why := verify(t, v, &Claim{Token: token, Srand: renewed, Now: now}); why != step.fresh {
			t.Errorf("second %d, renewed: %q, want %q", step.second, why, step.fresh)
		}
	}
	ahead, _ := issuer.Renew(token, at.Add(31*time.Second))
	if _, why := verify(t, v, &Claim{Token: token, Srand: ahead, Now: at}); why != ReasonStale {
		t.Errorf("a srand of the future: %q", why)
	}
	strict := &SignedToken{Keys: v.Keys, Window: 10 * time.Second, Skew: -1}
	for second, want := range map[int]Reason{0: "", 10: "", 11: ReasonStale, -1: ReasonExpired} {
		now := at.Add(time.Duration(second) * time.Second)
		if _, why := verify(t, strict, &Claim{Token: token, Srand: srand, Now: now}); why != want {
			t.Errorf("window 10 s, no skew, second %d: %q, want %q", second, why, want)
		}
	}
}

// One bit of a token or a srand that is not as it was signed is enough.
func TestEveryBitCounts(t *testing.T) {
	v := &SignedToken{Keys: []Key{hmacKey, edOpen}}
	for _, k := range []Key{hmacKey, edKey} {
		token, srand := sign(t, k, time.Hour, at)
		for which, text := range []string{token, srand} {
			for bit := range 8 * len(text) {
				b := []byte(text)
				b[bit/8] ^= 1 << (bit % 8)
				c := &Claim{Token: token, Srand: srand, Now: at}
				if which == 0 {
					c.Token = string(b)
				} else {
					c.Srand = string(b)
				}
				if info, why := verify(t, v, c); info != nil || why == "" {
					t.Fatalf("key %s: bit %d of part %d flipped and believed", k.ID, bit, which)
				}
			}
		}
	}
}

func TestForgeries(t *testing.T) {
	v := &SignedToken{Keys: []Key{hmacKey, edOpen}}
	token, srand := sign(t, hmacKey, time.Hour, at)
	bob, bobSrand, err := (&Issuer{Key: hmacKey}).Sign(User{Acoid: "1002"}, Local, at)
	if err != nil {
		t.Fatal(err)
	}
	other := Key{ID: "h1", Secret: bytes.Repeat([]byte{8}, 32)}
	stolenID := Key{ID: "e1", Secret: edOpen.Public} // the public key as a secret
	toEd := Key{ID: "h1", Private: edKey.Private}
	ofOther, otherSrand := sign(t, other, time.Hour, at)
	confused, confusedSrand := sign(t, stolenID, time.Hour, at)
	swapped, swappedSrand := sign(t, toEd, time.Hour, at)
	unknown, unknownSrand := sign(t, Key{ID: "h2", Secret: other.Secret}, time.Hour, at)
	for _, c := range []struct {
		name, token, srand string
		want               Reason
	}{
		{"another key", ofOther, otherSrand, ReasonForged},
		{"srand by another key", token, otherSrand, ReasonStale},
		{"HMAC with the public key", confused, confusedSrand, ReasonForged},
		{"Ed25519 under the id of a secret", swapped, swappedSrand, ReasonForged},
		{"unknown key id", unknown, unknownSrand, ReasonUnknown},
		{"srand of another token", token, bobSrand, ReasonStale},
		{"the other way round", bob, srand, ReasonStale},
		{"no srand", token, "", ReasonStale},
		{"token as srand", token, token, ReasonMalformed},
		{"srand as token", srand, srand, ReasonMalformed},
		{"srand with the head of a token", "e" + srand[1:], srand, ReasonForged},
		{"no signature", token[:strings.LastIndexByte(token, '.')], srand, ReasonMalformed},
		{"empty signature", token[:strings.LastIndexByte(token, '.')+1], srand, ReasonMalformed},
		{"a line end in the signature", token[:len(token)-3] + "\n" + token[len(token)-3:], srand, ReasonMalformed},
		{"padding", token + "=", srand, ReasonMalformed},
		{"blank before", " " + token, srand, ReasonMalformed},
		{"too long", "e1.h1." + strings.Repeat("A", MaxTokenBytes), srand, ReasonMalformed},
		{"srand too long", token, "s1.h1." + strings.Repeat("1", MaxSrandBytes), ReasonMalformed},
		{"a JWT", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", srand, ReasonMalformed},
	} {
		if _, why := verify(t, v, &Claim{Token: c.token, Srand: c.srand, Now: at}); why != c.want {
			t.Errorf("%s: %q, want %q", c.name, why, c.want)
		}
	}
}

// What our own key signed is still taken apart strictly.
func TestSignedButMalformed(t *testing.T) {
	v := &SignedToken{Keys: []Key{hmacKey}}
	i := &Issuer{Key: hmacKey}
	good := appendPayload(nil, alice, Local, at.Unix(), 60)
	edit := func(at int, b byte) []byte {
		p := bytes.Clone(good)
		p[at] = b
		return p
	}
	for name, payload := range map[string][]byte{
		"short": good[:14], "channel 2": edit(0, 2), "issued beyond all clocks": edit(1, 0xFF),
		"trailing":           append(bytes.Clone(good), 0),
		"lifetime 0":         appendPayload(nil, alice, Local, at.Unix(), 0),
		"no acoid":           appendPayload(nil, User{}, Local, at.Unix(), 60),
		"acoid with a blank": edit(14, ' '), "acoid too long for the payload": edit(13, 200), "cut": good[:len(good)-1],
		"nickname with a control": appendPayload(nil, User{"1", "a\nb"}, Local, at.Unix(), 60),
		"nickname not UTF-8":      appendPayload(nil, User{"1", "\xff"}, Local, at.Unix(), 60),
	} {
		token := i.seal("e1", base64.RawURLEncoding.EncodeToString(payload), tokenPurpose, "")
		srand, _ := i.Renew(token, at)
		if _, why := verify(t, v, &Claim{Token: token, Srand: srand, Now: at}); why != ReasonMalformed {
			t.Errorf("%s: %q", name, why)
		}
	}
	token, _ := sign(t, hmacKey, time.Hour, at)
	for _, body := range []string{"01800000000", "-1", "x", "99999999999999999999"} {
		srand := i.seal("s1", body, srandPurpose, token)
		if _, why := verify(t, v, &Claim{Token: token, Srand: srand, Now: at}); why != ReasonMalformed {
			t.Errorf("srand of %s: %q", body, why)
		}
	}
}

func TestKeyRotation(t *testing.T) {
	next := Key{ID: "h2", Secret: bytes.Repeat([]byte{5}, 32)}
	old, _ := sign(t, hmacKey, time.Hour, at)
	srand, err := (&Issuer{Key: next}).Renew(old, at) // the issuer has changed, the token not
	if err != nil {
		t.Fatal(err)
	}
	c := &Claim{Token: old, Srand: srand, Now: at}
	if _, why := verify(t, &SignedToken{Keys: []Key{next, hmacKey}}, c); why != "" {
		t.Errorf("both keys: %s", why)
	}
	if _, why := verify(t, &SignedToken{Keys: []Key{next}}, c); why != ReasonUnknown {
		t.Errorf("the old key taken out: %q", why)
	}
	if _, why := verify(t, &SignedToken{Keys: []Key{hmacKey}}, c); why != ReasonUnknown {
		t.Errorf("the srand's key not there: %q", why)
	}
}

func TestKeys(t *testing.T) {
	for name, k := range map[string]Key{
		"no id": {Secret: hmacKey.Secret}, "long id": {ID: strings.Repeat("a", 17), Secret: hmacKey.Secret},
		"id with a dot": {ID: "a.b", Secret: hmacKey.Secret}, "short secret": {ID: "a", Secret: hmacKey.Secret[:31]},
		"nothing": {ID: "a"}, "both": {ID: "a", Secret: hmacKey.Secret, Public: edOpen.Public},
		"short private": {ID: "a", Private: edKey.Private[:32]},
		"short public":  {ID: "a", Public: edOpen.Public[:31]},
		"no pair":       {ID: "a", Private: edKey.Private, Public: make([]byte, 32)},
	} {
		if k.Check() == nil {
			t.Errorf("%s: no fault found", name)
		}
		if _, _, err := (&Issuer{Key: k}).Sign(alice, Local, at); err == nil {
			t.Errorf("%s: signs", name)
		}
		token, srand := sign(t, hmacKey, time.Hour, at)
		k.ID = hmacKey.ID
		if k.Check() == nil {
			continue
		}
		c := &Claim{Token: token, Srand: srand, Now: at}
		if _, why := verify(t, &SignedToken{Keys: []Key{k}}, c); why != ReasonUnknown {
			t.Errorf("%s: a key with a fault is used: %q", name, why)
		}
	}
	if _, _, err := (&Issuer{Key: edOpen}).Sign(alice, Local, at); err == nil {
		t.Error("a public key signs")
	}
}

func TestIssuerRefuses(t *testing.T) {
	for name, err := range map[string]error{
		"acoid":    second(Issuer{Key: hmacKey}, User{Acoid: "a b"}, Local, at),
		"nickname": second(Issuer{Key: hmacKey}, User{"1", strings.Repeat("n", 129)}, Local, at),
		"channel":  second(Issuer{Key: hmacKey}, alice, "mars", at),
		"clock":    second(Issuer{Key: hmacKey}, alice, Local, time.Time{}),
		"negative": second(Issuer{Key: hmacKey, Lifetime: -time.Hour}, alice, Local, at),
		"too fine": second(Issuer{Key: hmacKey, Lifetime: time.Millisecond}, alice, Local, at),
		"too long": second(Issuer{Key: hmacKey, Lifetime: 1 << 32 * time.Second}, alice, Local, at),
	} {
		if err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	longest := User{strings.Repeat("a", MaxAcoidBytes), strings.Repeat("n", MaxNicknameBytes)}
	i := &Issuer{Key: Key{ID: strings.Repeat("k", maxKeyIDBytes), Private: edKey.Private}}
	token, _, err := i.Sign(longest, Local, at)
	srand, _ := i.Renew(token, time.Unix(maxSeconds, 0))
	if err != nil || len(token) != 383 || len(srand) != 120 {
		t.Errorf("the longest are %d and %d bytes, %v: correct the comment of MaxTokenBytes", len(token), len(srand), err)
	}
	if _, err := i.Renew("", at); err == nil {
		t.Error("a srand for no token")
	}
}

func second(i Issuer, u User, ch Channel, now time.Time) error {
	_, _, err := i.Sign(u, ch, now)
	return err
}

// Whatever is not signed by the key is refused, and nothing panics.
func FuzzSignedToken(f *testing.F) {
	v := &SignedToken{Keys: []Key{hmacKey, edOpen}}
	token, srand := sign(f, hmacKey, time.Hour, at)
	edToken, edSrand := sign(f, edKey, time.Hour, at)
	for _, s := range [][2]string{
		{token, srand}, {edToken, edSrand}, {"e1.h1.AAAA.AAAA", "s1.h1.1.AAAA"}, {"e1..", "..."}, {"", "s1"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, tok, sr string) {
		info, why := verify(t, v, &Claim{Token: tok, Srand: sr, Now: at})
		genuine := tok == token && sr == srand || tok == edToken && sr == edSrand
		if (info != nil) != genuine {
			t.Fatalf("believed: %v, genuine: %v, reason %q", info != nil, genuine, why)
		}
		if raw, bad := decode(tok); !bad {
			if c, ok := parsePayload(raw); ok && !bytes.Equal(raw, appendPayload(nil, c.user, c.channel, c.issued.Unix(),
				uint32(c.expires.Unix()-c.issued.Unix()))) {
				t.Fatal("a payload in a second form")
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for name, k := range map[string]Key{"hmac": hmacKey, "ed25519": edKey} {
		token, srand := sign(b, k, time.Hour, at)
		v := &SignedToken{Keys: []Key{hmacKey, edOpen}}
		c := &Claim{Token: token, Srand: srand, Now: at}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Verify(c, func(info *Info, _ error) {
					if info == nil {
						b.Fatal("refused")
					}
				})
			}
		})
	}
}
