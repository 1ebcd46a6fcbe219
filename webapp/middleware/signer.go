package middleware

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// minSecretBytes: shorter secrets are guessed.
const minSecretBytes = 16

// signatureChars is the one length that a signature has as text.
const signatureChars = (sha256.Size*8 + 5) / 6

// A Signer signs the values of cookies, so that a peer cannot make its own. What
// it signs can be read by everyone.
type Signer struct{ keys [][]byte }

// NewSigner makes a signer. The first secret signs; values that one of the others
// signed are valid, too, so that secrets can be changed without that everybody is
// signed out. A secret of less than 16 bytes, or none at all, is a mistake of the
// program: it panics. Secrets are copied.
func NewSigner(secrets ...[]byte) *Signer {
	if len(secrets) == 0 {
		panic("middleware: a signer needs a secret")
	}
	s := &Signer{}
	for _, secret := range secrets {
		if len(secret) < minSecretBytes {
			panic("middleware: a secret has at least 16 bytes")
		}
		s.keys = append(s.keys, append([]byte{}, secret...))
	}
	return s
}

// Sign returns value with its signature behind a dot: HMAC-SHA256 of the cookie's
// name and the value, so that a value is not taken for another cookie's. The
// result may stand in a cookie if value may.
func (s *Signer) Sign(name, value string) string {
	return value + "." + base64.RawURLEncoding.EncodeToString(sum(s.keys[0], name, value))
}

// Verify returns the value of what Sign made. It takes the same time wherever a
// signature is wrong.
func (s *Signer) Verify(name, signed string) (value string, ok bool) {
	dot := strings.LastIndexByte(signed, '.')
	if dot < 0 {
		return "", false
	}
	text := signed[dot+1:]
	got, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(text) != signatureChars { // the decoder passes over line ends
		return "", false
	}
	value = signed[:dot]
	for _, key := range s.keys {
		if hmac.Equal(got, sum(key, name, value)) {
			return value, true
		}
	}
	return "", false
}

// sum is the signature: no name has a zero byte, so no pair reads as another.
func sum(key []byte, name, value string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(name))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return h.Sum(nil)
}
