package middleware

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// Credentials are what a peer gave with the Basic scheme, RFC 7617.
type Credentials struct{ User, Password string }

type credentialsKey struct{}

// BasicAuth reads the credentials of the Basic scheme. With a check, who gives
// none or wrong ones is answered 401 with the realm; without one, nil, it only
// reads them: they are a claim then. [CredentialsOf] returns them. check runs on
// the loop and must not block. The password comes in the clear: it is for TLS.
func BasicAuth(realm string, check func(c Credentials) bool) webapp.Middleware {
	for i := range len(realm) {
		if realm[i] < ' ' || realm[i] >= 0x7f || realm[i] == '"' || realm[i] == '\\' {
			panic("middleware: a realm is ASCII without quotes and backslashes")
		}
	}
	challenge := `Basic realm="` + realm + `", charset="UTF-8"`
	return webapp.Member(eos.MiddlewareAuthParser, func(req *webapp.Request, res *webapp.Response, next webapp.Next) {
		c, ok := parseBasic(req.Header("Authorization"))
		switch {
		case check != nil && (!ok || !check(c)):
			res.Set("WWW-Authenticate", challenge)
			next(&webapp.Error{Status: 401, Message: "user name and password are required"})
			return
		case ok:
			req.SetValue(credentialsKey{}, c)
		}
		next(nil)
	})
}

// CredentialsOf returns what BasicAuth read.
func CredentialsOf(req *webapp.Request) (c Credentials, ok bool) {
	c, ok = req.Value(credentialsKey{}).(Credentials)
	return c, ok
}

// Users makes a check of a table of passwords, which is copied. It takes the same
// time for a user that is not there and wherever a password is wrong.
func Users(passwords map[string]string) func(c Credentials) bool {
	table := make(map[string][32]byte, len(passwords))
	for user, password := range passwords {
		table[user] = sha256.Sum256([]byte(password))
	}
	return func(c Credentials) bool {
		want, known := table[c.User]
		got := sha256.Sum256([]byte(c.Password))
		return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && known
	}
}

// parseBasic takes an Authorization header apart.
func parseBasic(header string) (c Credentials, ok bool) {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return c, false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(strings.TrimLeft(token, " "))
	if err != nil || !utf8.Valid(b) || !isFieldText(b) {
		return c, false
	}
	c.User, c.Password, ok = strings.Cut(string(b), ":")
	return c, ok
}
