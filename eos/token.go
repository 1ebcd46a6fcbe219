package eos

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// Bounds of what a SignedToken takes, in bytes; the longest that an Issuer makes
// are 383 and 120.
const (
	MaxTokenBytes = 512
	MaxSrandBytes = 160
)

// What a signature is for: one that was made for a token is none for a srand.
const (
	tokenPurpose = "edgesio token 1\x00"
	srandPurpose = "edgesio srand 1\x00"
)

// SignedToken is a Verifier of tokens that an Issuer signed. A token is
//
//	e1.<key id>.<payload>.<signature>
//
// and its srand, which shows that the pair is fresh,
//
//	s1.<key id>.<issued, seconds of Unix time>.<signature over this and the token>
//
// Payload and signatures are base64url without padding. The payload is the
// channel (one byte, 0 local, 1 cloud), the time of issue (8 bytes, seconds), the
// lifetime (4 bytes, seconds), acoid and nickname (a byte of length each), big
// endian. The key id chooses the key and the key its algorithm. To rotate keys,
// add the new one here, sign with it, and take the old one out when its last
// token has ended.
//
// Checking a pair takes two signatures on the loop's goroutine: a few microseconds
// with HMAC-SHA256, some hundred with Ed25519, which is for issuers elsewhere that
// must not share a secret with the device.
type SignedToken struct {
	Keys   []Key         // those that Key.Check finds fault with are never used
	Window time.Duration // for which a srand is fresh, default 60 s
	Skew   time.Duration // by which clocks may differ, default 30 s, negative: not at all
}

// Verify implements Verifier; done is called before it returns.
func (s *SignedToken) Verify(c *Claim, done func(info *Info, err error)) {
	info, err := s.check(c)
	if err != nil {
		done(nil, err)
		return
	}
	done(info, nil)
}

func (s *SignedToken) check(c *Claim) (*Info, *VerifyError) {
	if c.Token == "" {
		return nil, nil
	}
	payload, err := s.open(c.Token, "e1", tokenPurpose, "", MaxTokenBytes)
	if err != nil {
		return nil, err
	}
	raw, bad := decode(payload)
	t, ok := parsePayload(raw)
	if bad || !ok {
		return nil, errMalformed
	}
	if t.issued.After(c.Now.Add(s.skew())) || !c.Now.Before(t.expires) {
		return nil, errExpired
	}
	if err := s.fresh(c); err != nil {
		return nil, err
	}
	return &Info{User: &t.user, Token: c.Token, Channel: t.channel, Expires: t.expires}, nil
}

// fresh checks the srand. It is the one of this token: its signature covers both.
func (s *SignedToken) fresh(c *Claim) *VerifyError {
	if c.Srand == "" {
		return errStale
	}
	text, err := s.open(c.Srand, "s1", srandPurpose, c.Token, MaxSrandBytes)
	if err != nil {
		if err == errForged { // perhaps of another token
			return errStale
		}
		return err
	}
	seconds, ok := parseSeconds(text)
	if !ok {
		return errMalformed
	}
	window := s.Window
	if window <= 0 {
		window = 60 * time.Second
	}
	age := c.Now.Sub(time.Unix(seconds, 0))
	if age < -s.skew() || age > window+s.skew() {
		return errStale
	}
	return nil
}

func (s *SignedToken) skew() time.Duration {
	if s.Skew == 0 {
		return 30 * time.Second
	}
	return max(s.Skew, 0)
}

// open takes a signed text apart and checks its signature, which covers the text
// up to it and bound.
func (s *SignedToken) open(text, version, purpose, bound string, limit int) (string, *VerifyError) {
	if len(text) > limit {
		return "", errMalformed
	}
	end := strings.LastIndexByte(text, '.')
	rest, ok := strings.CutPrefix(text, version+".")
	if !ok || end < len(version)+1 {
		return "", errMalformed
	}
	id, rest, ok := strings.Cut(rest, ".")
	body, sum, ok2 := strings.Cut(rest, ".")
	signature, bad := decode(sum)
	if !ok || !ok2 || bad || !validKeyID(id) || !isBase64(body) {
		return "", errMalformed
	}
	key := s.key(id)
	if key == nil {
		return "", errUnknown
	}
	if !key.verify(purpose, bound+"\x00"+text[:end], signature) {
		return "", errForged
	}
	return body, nil
}

func (s *SignedToken) key(id string) *Key {
	for i := range s.Keys {
		if s.Keys[i].ID == id && s.Keys[i].Check() == nil {
			return &s.Keys[i]
		}
	}
	return nil
}

// content is what a payload says.
type content struct {
	user            User
	channel         Channel
	issued, expires time.Time
}

// maxSeconds is in the year 36812: sums of it and a lifetime stay far from overflow.
const maxSeconds = 1 << 40

func appendPayload(dst []byte, u User, ch Channel, issued int64, lifetime uint32) []byte {
	dst = append(dst, 0)
	if ch == Cloud {
		dst[len(dst)-1] = 1
	}
	dst = binary.BigEndian.AppendUint64(dst, uint64(issued))
	dst = binary.BigEndian.AppendUint32(dst, lifetime)
	dst = append(append(dst, byte(len(u.Acoid))), u.Acoid...)
	return append(append(dst, byte(len(u.Nickname))), u.Nickname...)
}

func parsePayload(b []byte) (content, bool) {
	if len(b) < 15 || b[0] > 1 {
		return content{}, false
	}
	t := content{channel: Local}
	if b[0] == 1 {
		t.channel = Cloud
	}
	issued, lifetime := binary.BigEndian.Uint64(b[1:]), binary.BigEndian.Uint32(b[9:])
	if issued > maxSeconds || lifetime == 0 {
		return content{}, false
	}
	t.issued = time.Unix(int64(issued), 0)
	t.expires = time.Unix(int64(issued)+int64(lifetime), 0)
	acoid, b, ok := cutField(b[13:])
	nickname, b, ok2 := cutField(b)
	t.user = User{acoid, nickname}
	return t, ok && ok2 && len(b) == 0 && ValidAcoid(acoid) && validNickname(nickname)
}

// cutField takes a byte of length and as many bytes.
func cutField(b []byte) (field string, rest []byte, ok bool) {
	if len(b) == 0 || len(b)-1 < int(b[0]) {
		return "", nil, false
	}
	n := 1 + int(b[0])
	return string(b[1:n]), b[n:], true
}

// decode takes base64url in its one canonical form: no padding, no line ends,
// which the decoder would skip, no bits that are left over.
func decode(s string) (b []byte, bad bool) {
	if !isBase64(s) {
		return nil, true
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return b, err != nil
}

func isBase64(s string) bool {
	for i := range len(s) {
		if !isBase64URL(s[i]) {
			return false
		}
	}
	return s != ""
}

// parseSeconds takes digits in their one canonical form.
func parseSeconds(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && n <= maxSeconds && strconv.FormatInt(n, 10) == s
}
