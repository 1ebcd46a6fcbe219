package eos

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzProxied: what a proxy says of a user is taken as it is or not at all.
func FuzzProxied(f *testing.F) {
	f.Add("1001", "Ann", "")
	f.Add("1001", "a\u0085b", "cloud")
	f.Add("", "x", "local")
	f.Add("1 2", "\xff", "Cloud")
	f.Add(strings.Repeat("1", 300), strings.Repeat("n", 300), "local ")
	f.Fuzz(func(t *testing.T, acoid, nickname, channel string) {
		info, err := proxied(&Claim{Token: "t"}, acoid, nickname, channel)
		if acoid == "" {
			if info != nil || err != nil {
				t.Errorf("%v %v for nobody", info, err)
			}
			return
		}
		fine := ValidAcoid(acoid) && len(nickname) <= MaxNicknameBytes && utf8.ValidString(nickname) &&
			!strings.ContainsFunc(nickname, unicode.IsControl) && (channel == "" || channel == "local" || channel == "cloud")
		if fine != (err == nil) || fine != (info != nil) {
			t.Fatalf("%q %q %q: %v %v", acoid, nickname, channel, info, err)
		}
		if fine && (info.User.Acoid != acoid || info.User.Nickname != nickname || info.Token != "t" ||
			info.Channel != Channel(channel) && channel != "") {
			t.Errorf("%+v", info)
		}
		strange := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
		if ValidAcoid(acoid) && strings.ContainsFunc(acoid, strange) {
			t.Errorf("%q is an acoid", acoid)
		}
	})
}
