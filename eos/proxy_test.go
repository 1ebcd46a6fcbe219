package eos

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// headers are those of a request; reading one is recorded.
type headers struct {
	of   map[string]string
	read []string
}

func (h *headers) get(name string) string {
	h.read = append(h.read, name)
	return h.of[name]
}

func TestTrustedProxy(t *testing.T) {
	p := &TrustedProxy{Addresses: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/28"), netip.MustParsePrefix("fe80::/10"),
	}}
	badNick := map[string]string{"edger-acoid": "1", "edger-nickname": "a\x00"}
	badChannel := map[string]string{"edger-acoid": "1", "edger-channel": "sea"}
	full := map[string]string{"edger-acoid": "1001", "edger-nickname": "Alice", "edger-channel": "cloud"}
	for _, c := range []struct {
		name, remote, token string
		of                  map[string]string
		acoid               string
		want                Reason
	}{
		{"the proxy", "192.0.2.1", "tok", full, "1001", ""},
		{"the proxy, IPv4 in IPv6", "::ffff:192.0.2.1", "tok", full, "1001", ""},
		{"the proxy, IPv6", "fe80::1", "", full, "1001", ""},
		{"the proxy, nobody signed in", "192.0.2.1", "tok", nil, "", ""},
		{"two acoids", "192.0.2.1", "", map[string]string{"edger-acoid": "1001, 1"}, "", ReasonMalformed},
		{"a long acoid", "192.0.2.1", "", map[string]string{"edger-acoid": strings.Repeat("1", 65)}, "", ReasonMalformed},
		{"a bad nickname", "192.0.2.1", "", badNick, "", ReasonMalformed},
		{"a bad channel", "192.0.2.1", "", badChannel, "", ReasonMalformed},
		{"next to the prefix", "192.0.2.16", "", full, "", ReasonUntrusted},
		{"a zone", "fe80::1%eth0", "", full, "", ReasonUntrusted},
		{"only a nickname", "198.51.100.1", "", map[string]string{"edger-nickname": "a"}, "", ReasonUntrusted},
		{"no address", "", "", full, "", ReasonUntrusted},
		{"a stranger's token", "198.51.100.1", "tok", nil, "", ReasonUntrusted},
		{"a stranger", "198.51.100.1", "", nil, "", ""},
	} {
		remote, _ := netip.ParseAddr(c.remote)
		info, why := verify(t, p, &Claim{Token: c.token, Remote: remote, Header: (&headers{of: c.of}).get, Now: at})
		if why != c.want || info.Acoid() != c.acoid {
			t.Errorf("%s: %q %q, want %q %q", c.name, info.Acoid(), why, c.acoid, c.want)
		}
		if info != nil && (info.User.Nickname != "Alice" || info.Channel != Cloud || info.Token != c.token) {
			t.Errorf("%s: %+v", c.name, info)
		}
	}
	if info, why := verify(t, p, &Claim{Remote: netip.MustParseAddr("192.0.2.1")}); info != nil || why != "" {
		t.Error("a request without headers is not anonymous")
	}
}

// What stands behind the proxy never sees the headers, in any spelling.
func TestUntrustedHeadersAreStripped(t *testing.T) {
	h := &headers{of: map[string]string{"X-Id": "1001", "x-other": "y"}}
	token, srand := sign(t, hmacKey, time.Hour, at)
	seen := 0
	behind := VerifierFunc(func(c *Claim, done func(*Info, error)) {
		seen++
		if c.Header("X-Id") != "" || c.Header("x-id") != "" ||
			c.Header("edger-nickname") != "" || c.Header("x-other") != "y" {
			t.Error("a header was not stripped, or one too many was")
		}
		(&SignedToken{Keys: []Key{hmacKey}}).Verify(c, done)
	})
	p := &TrustedProxy{AcoidHeader: "X-Id", Next: behind}
	c := &Claim{Token: token, Srand: srand, Header: h.get, Remote: netip.MustParseAddr("192.0.2.1"), Now: at}
	if info, why := verify(t, p, c); info.Acoid() != alice.Acoid {
		t.Errorf("the token beside untrusted headers: %v %q", info, why)
	}
	c.Token = ""
	if _, why := verify(t, p, c); why != ReasonUntrusted {
		t.Errorf("untrusted headers alone: %q", why)
	}
	p.Ignore, h.read = true, nil
	if info, why := verify(t, p, c); info != nil || why != "" {
		t.Errorf("ignored headers: %v %q", info, why)
	}
	for _, name := range h.read {
		if name != "x-other" {
			t.Errorf("header %s was read", name)
		}
	}
	p.Next = nil
	if info, why := verify(t, p, c); info != nil || why != "" || seen != 3 {
		t.Errorf("ignored headers without a verifier behind: %v %q", info, why)
	}
}

func TestTable(t *testing.T) {
	bound := &Info{User: &User{Acoid: "1"}, Expires: at}
	table := Table{"a": bound, "nil": nil}
	for _, c := range []struct {
		token string
		now   time.Time
		info  *Info
		want  Reason
	}{
		{"", at, nil, ""}, {"a", at.Add(-1), bound, ""}, {"a", at, nil, ReasonExpired},
		{"b", at, nil, ReasonUnknown}, {"nil", at, nil, ReasonUnknown},
	} {
		if info, why := verify(t, table, &Claim{Token: c.token, Now: c.now}); info != c.info || why != c.want {
			t.Errorf("%q: %v %q", c.token, info, why)
		}
	}
}

// Section 3: user is absent for anonymous access, and every helper bears that.
func TestAnonymousInfo(t *testing.T) {
	var none *Info
	if none.Acoid() != "" || (&Info{}).Acoid() != "" || none.Expired(at) || (&Info{}).Expired(at) {
		t.Error("an anonymous info has an acoid or an end")
	}
	table := AccountTable{"1001": Admin, "": Admin}
	for acoid, want := range map[string]Group{"1001": Admin, "7": Guest, "": Guest} {
		if g := GroupOf(table, &Info{User: &User{Acoid: acoid}}); g != want {
			t.Errorf("group of %q: %s", acoid, g)
		}
	}
	if GroupOf(table, nil) != Guest || GroupOf(nil, &Info{User: &User{Acoid: "1001"}}) != Guest {
		t.Error("a group from nowhere")
	}
}

func TestVerifyErrorAsJSON(t *testing.T) {
	b, err := json.Marshal(errStale)
	if err != nil || string(b) != `{"reason":"stale srand"}` || errStale.Error() != "eos: not verified: stale srand" {
		t.Errorf("%s %v %v", b, err, errStale)
	}
}
