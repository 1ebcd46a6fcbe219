package eos

import (
	"encoding/base64"
	"errors"
	"strconv"
	"time"
)

// An Issuer makes the tokens that a SignedToken with the same key believes: it is
// the sign-in of a gateway. It is not changed once it is used; any goroutine.
type Issuer struct {
	Key      Key
	Lifetime time.Duration // of a token, in whole seconds, default 12 h, at most 136 years
}

// Sign makes a token for a user that the caller has checked, and its first srand;
// now is the time of the loop's clock.
func (i *Issuer) Sign(u User, ch Channel, now time.Time) (token, srand string, err error) {
	if err := i.check(now); err != nil {
		return "", "", err
	}
	lifetime := i.Lifetime / time.Second
	if i.Lifetime == 0 {
		lifetime = 12 * 60 * 60
	}
	switch {
	case lifetime <= 0 || int64(lifetime) > 1<<32-1:
		return "", "", errors.New("eos: sign: the lifetime is not 1 s to 136 years")
	case !ValidAcoid(u.Acoid):
		return "", "", errors.New("eos: sign: not an acoid: " + quote(u.Acoid))
	case !validNickname(u.Nickname):
		return "", "", errors.New("eos: sign: not a nickname: " + quote(u.Nickname))
	case ch != Local && ch != Cloud:
		return "", "", errors.New("eos: sign: unknown channel " + quote(string(ch)))
	}
	payload := appendPayload(nil, u, ch, now.Unix(), uint32(lifetime))
	token = i.seal("e1", base64.RawURLEncoding.EncodeToString(payload), tokenPurpose, "")
	srand, err = i.Renew(token, now)
	return token, srand, err
}

// Renew makes a fresh srand for a token, which a client fetches about every
// minute. The caller has verified the request that asks for it: a srand alone
// makes no token valid.
func (i *Issuer) Renew(token string, now time.Time) (srand string, err error) {
	if err := i.check(now); err != nil {
		return "", err
	}
	if token == "" || len(token) > MaxTokenBytes {
		return "", errMalformed
	}
	return i.seal("s1", strconv.FormatInt(now.Unix(), 10), srandPurpose, token), nil
}

func (i *Issuer) check(now time.Time) error {
	if err := i.Key.Check(); err != nil {
		return err
	}
	if !i.Key.canSign() {
		return errors.New("eos: sign: key " + i.Key.ID + " has no private part")
	}
	if s := now.Unix(); s < 0 || s > maxSeconds {
		return errors.New("eos: sign: the clock is not set")
	}
	return nil
}

func (i *Issuer) seal(version, body, purpose, bound string) string {
	text := version + "." + i.Key.ID + "." + body
	return text + "." + base64.RawURLEncoding.EncodeToString(i.Key.sign(purpose, bound+"\x00"+text))
}
