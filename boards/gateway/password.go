package main

import (
	"bufio"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A password is kept as "pbkdf2-sha256$rounds$salt$key" (RFC 8018), salt and key in base64 without padding.
const (
	passwordScheme = "pbkdf2-sha256"
	passwordRounds = 100_000 // of those that -hash makes: 30 ms on a desktop, a second or two on a small board
	maxRounds      = 10_000_000
	keyBytes       = 32
	maxPassword    = 256 // bytes of what somebody types
)

var (
	errPassword     = errors.New("want " + passwordScheme + "$rounds$salt$key, as gateway -hash prints it")
	errPasswordText = fmt.Errorf("want a password of 1 to %d bytes", maxPassword)
)

type password struct {
	rounds    int
	salt, key []byte
}

// makePassword derives a key with a random salt.
func makePassword(text string, rounds int) (password, error) {
	salt := make([]byte, 16)
	rand.Read(salt) // it does not fail
	key, err := pbkdf2.Key(sha256.New, text, salt, rounds, keyBytes)
	return password{rounds, salt, key}, err
}

func parsePassword(s string) (p password, err error) {
	f := strings.Split(s, "$")
	if len(f) != 4 || f[0] != passwordScheme {
		return p, errPassword
	}
	if p.rounds, err = strconv.Atoi(f[1]); err != nil || p.rounds < 1 || p.rounds > maxRounds {
		return p, errPassword
	}
	code := base64.RawStdEncoding.Strict()
	salt, err := code.DecodeString(f[2])
	key, err2 := code.DecodeString(f[3])
	if err != nil || err2 != nil || len(salt) < 8 || len(salt) > 64 || len(key) != keyBytes {
		return p, errPassword
	}
	p.salt, p.key = salt, key
	return p, nil
}

func (p password) String() string {
	code := base64.RawStdEncoding
	return fmt.Sprintf("%s$%d$%s$%s", passwordScheme, p.rounds, code.EncodeToString(p.salt), code.EncodeToString(p.key))
}

// is takes as long for a wrong text as for the right one, and too long for the loop.
func (p password) is(text string) bool {
	key, err := pbkdf2.Key(sha256.New, text, p.salt, p.rounds, keyBytes)
	return err == nil && subtle.ConstantTimeCompare(key, p.key) == 1
}

// randomPassword has 80 bits, in letters and digits that are easy to tell apart.
func randomPassword() string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	b := make([]byte, 16)
	rand.Read(b)
	for i := range b {
		b[i] = letters[b[i]&31]
	}
	return string(b[:4]) + "-" + string(b[4:8]) + "-" + string(b[8:12]) + "-" + string(b[12:])
}

// hash is gateway -hash: a line with a password in, a line for the users' file out.
func hash(in io.Reader, out io.Writer) error {
	line, err := bufio.NewReader(io.LimitReader(in, maxPassword+2)).ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	text := strings.TrimRight(line, "\r\n")
	if text == "" || len(text) > maxPassword {
		return errPasswordText
	}
	p, err := makePassword(text, passwordRounds)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, p)
	return err
}
