package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/edgesio/edgesio/eos"
)

// Bounds of a key file, in bytes.
const (
	minKeyBytes = 32
	maxKeyBytes = 4096
)

var (
	errRenewal = errors.New("this is not the renewal secret of the token")
	errAccount = errors.New("there is no such account any more")
)

// tokens signs tokens and believes its own. Token and srand travel in URLs, which end up in logs; the renewal secret of
// a token does not, and without it nobody gets a new srand: what leaked is worth nothing after a minute or two.
type tokens struct {
	eos.SignedToken
	issuer eos.Issuer
	secret []byte
}

// pair is what a user gets: to be used, and to be renewed.
type pair struct {
	token, srand, renewal string
	expires               time.Time
}

// openTokens reads the key of a file, or takes the one of the process before, or a random one: then tokens end with the
// program.
func openTokens(path string, before []byte) (*tokens, error) {
	secret := before
	if secret == nil {
		secret = make([]byte, minKeyBytes)
		rand.Read(secret) // it does not fail
	}
	if path != "" {
		var err error
		if secret, err = readKey(path); err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
	}
	key := eos.Key{ID: "gateway", Secret: secret}
	if err := key.Check(); err != nil {
		return nil, err
	}
	return &tokens{eos.SignedToken{Keys: []eos.Key{key}}, eos.Issuer{Key: key}, secret}, nil
}

func readKey(path string) ([]byte, error) {
	secret, err := readFile(path, maxKeyBytes)
	if err != nil {
		return nil, err
	}
	if len(secret) < minKeyBytes {
		return nil, fmt.Errorf("%s: less than %d bytes", path, minKeyBytes)
	}
	warnReadable(path)
	return secret, nil
}

// issue makes a pair for a user whose password was right.
func (t *tokens) issue(u *user, now time.Time) (p pair, err error) {
	p.token, p.srand, err = t.issuer.Sign(eos.User{Acoid: u.acoid, Nickname: u.nickname}, eos.Local, now)
	if err != nil {
		return pair{}, err
	}
	t.Verify(&eos.Claim{Token: p.token, Srand: p.srand, Now: now}, func(info *eos.Info, verr error) {
		if err = verr; err == nil {
			p.expires = info.Expires
		}
	})
	p.renewal = t.renewal(p.token)
	return p, err
}

// renew makes a srand for a token that still holds, if its account does.
func (t *tokens) renew(token, renewal string, now time.Time, holds func(acoid string) bool) (srand string, err error) {
	if srand, err = t.issuer.Renew(token, now); err != nil {
		return "", err
	}
	t.Verify(&eos.Claim{Token: token, Srand: srand, Now: now}, func(info *eos.Info, verr error) {
		if err = verr; err == nil && !holds(info.Acoid()) {
			err = errAccount
		}
	})
	if err != nil {
		return "", err
	}
	if !hmac.Equal([]byte(renewal), []byte(t.renewal(token))) {
		return "", errRenewal
	}
	return srand, nil
}

func (t *tokens) renewal(token string) string {
	mac := hmac.New(sha256.New, t.secret)
	mac.Write([]byte("gateway renewal 1\x00" + token))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
