package eos

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
)

// Bounds of keys, in bytes.
const (
	maxKeyIDBytes  = 16
	minSecretBytes = 32 // as long as what HMAC-SHA256 gives
)

// A Key signs or checks tokens, by exactly one algorithm: HMAC-SHA256 with Secret,
// or Ed25519 with Public and, where tokens are made, Private. The key says which
// algorithm it is for; a token cannot. The slices are kept and must not be changed.
type Key struct {
	ID      string // 1 to 16 of A-Z a-z 0-9 _ -, carried in tokens
	Secret  []byte // HMAC-SHA256: at least 32 bytes
	Public  ed25519.PublicKey
	Private ed25519.PrivateKey // for an Issuer; Public may then be left out
}

// Check tells what is wrong with a key; nil if it can be used.
func (k *Key) Check() error {
	switch {
	case !validKeyID(k.ID):
		return errors.New("eos: key: the id is not 1 to 16 letters, digits, _ or -")
	case len(k.Secret) > 0 && (len(k.Public) > 0 || len(k.Private) > 0):
		return errors.New("eos: key " + k.ID + ": both a secret and an Ed25519 key")
	case len(k.Secret) > 0 && len(k.Secret) < minSecretBytes:
		return errors.New("eos: key " + k.ID + ": a secret of less than 32 bytes")
	case len(k.Secret) > 0:
		return nil
	case len(k.Private) > 0 && len(k.Private) != ed25519.PrivateKeySize:
		return errors.New("eos: key " + k.ID + ": the private key is not 64 bytes long")
	case len(k.Private) > 0 && len(k.Public) > 0 && !k.Public.Equal(k.Private.Public()):
		return errors.New("eos: key " + k.ID + ": public and private key are not a pair")
	case len(k.Private) > 0:
		return nil
	case len(k.Public) != ed25519.PublicKeySize:
		return errors.New("eos: key " + k.ID + ": neither a secret nor an Ed25519 key of 32 bytes")
	}
	return nil
}

func (k *Key) canSign() bool { return len(k.Secret) > 0 || len(k.Private) > 0 }

// sign is the signature over purpose and text.
func (k *Key) sign(purpose, text string) []byte {
	if len(k.Secret) > 0 {
		mac := hmac.New(sha256.New, k.Secret)
		mac.Write([]byte(purpose))
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	return ed25519.Sign(k.Private, []byte(purpose+text))
}

// verify compares in constant time.
func (k *Key) verify(purpose, text string, signature []byte) bool {
	if len(k.Secret) > 0 {
		return hmac.Equal(k.sign(purpose, text), signature)
	}
	public := k.Public
	if len(public) == 0 {
		public = k.Private.Public().(ed25519.PublicKey)
	}
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(public, []byte(purpose+text), signature)
}

func validKeyID(id string) bool {
	if id == "" || len(id) > maxKeyIDBytes {
		return false
	}
	for i := range len(id) {
		if !isBase64URL(id[i]) {
			return false
		}
	}
	return true
}

func isBase64URL(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
