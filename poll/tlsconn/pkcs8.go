package tlsconn

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"hash"
)

// Encrypted PKCS #8 (RFC 5958 section 3) by PBES2 (RFC 8018 section 6.2): PBKDF2
// with HMAC-SHA-1, -256 or -512, and AES-CBC, which is what OpenSSL writes unless
// told otherwise. The standard library reads only the unencrypted form.

type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2 struct{ KDF, Cipher pkix.AlgorithmIdentifier }

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	hashes    = map[string]func() hash.Hash{
		"":                    sha1.New, // the default
		"1.2.840.113549.2.7":  sha1.New,
		"1.2.840.113549.2.9":  sha256.New,
		"1.2.840.113549.2.11": sha512.New,
	}
	keyBytes = map[string]int{ // of AES-CBC
		"2.16.840.1.101.3.4.1.2":  16,
		"2.16.840.1.101.3.4.1.22": 24,
		"2.16.840.1.101.3.4.1.42": 32,
	}
)

var (
	errKeyCipher = errors.New("the key's encryption is not supported: PBES2 with PBKDF2 and AES-CBC is")
	errKeyPasswd = errors.New("the key cannot be decrypted: wrong password?")
)

// maxIterations bounds what a file can make us compute: a minute on a board.
const maxIterations = 2_000_000

// decryptPKCS8 returns the key's DER.
func decryptPKCS8(der []byte, passwd string) ([]byte, error) {
	var key encryptedKey
	var scheme pbes2
	var kdf pbkdf2Params
	var iv []byte
	for _, part := range []struct {
		der  *[]byte
		into any
	}{
		{&der, &key}, {&key.Algorithm.Parameters.FullBytes, &scheme},
		{&scheme.KDF.Parameters.FullBytes, &kdf}, {&scheme.Cipher.Parameters.FullBytes, &iv},
	} {
		if rest, err := asn1.Unmarshal(*part.der, part.into); err != nil || len(rest) > 0 {
			return nil, errKeyCipher
		}
	}
	size, prf := keyBytes[scheme.Cipher.Algorithm.String()], kdf.PRF.Algorithm.String()
	switch {
	case !key.Algorithm.Algorithm.Equal(oidPBES2), !scheme.KDF.Algorithm.Equal(oidPBKDF2), size == 0, hashes[prf] == nil,
		kdf.Iterations < 1, kdf.Iterations > maxIterations, len(iv) != aes.BlockSize, len(key.Data) == 0,
		len(key.Data)%aes.BlockSize != 0:
		return nil, errKeyCipher
	}
	secret, err := pbkdf2.Key(hashes[prf], passwd, kdf.Salt, kdf.Iterations, size)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(key.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, key.Data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, errKeyPasswd
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, errKeyPasswd
		}
	}
	return plain[:len(plain)-pad], nil
}
