package jwt

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"strings"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
	"github.com/golang-jwt/jwt/v5"
)

// Claims are what a valid token says.
type Claims = jwt.MapClaims

// Options say which tokens are valid.
type Options struct {
	// Methods are the algorithms: HS256, RS256, PS256, ES256 and their kin, EdDSA.
	// Required; "none" is not among them.
	Methods []string
	// Key is []byte of at least 32 bytes for HMAC, else a public key. Keys holds
	// several by their "kid" instead. Each must fit each of Methods.
	Key  any
	Keys map[string]any
	// Issuer and Audience that a token must name; "" for any.
	Issuer, Audience string
	// Leeway for clocks that differ. Default none.
	Leeway time.Duration
	// NoExpiry takes tokens without an expiry.
	NoExpiry bool
	// Cookie and Query are names of a cookie and of a query parameter that a token
	// is taken from where there is no Authorization header. A cookie needs a defence
	// against other sites' forms, such as SameSite; a query ends in logs. Default:
	// the header only.
	Cookie, Query string
	// Optional lets requests without a token go on; a token that is not valid is
	// refused still.
	Optional bool
	// Realm of the answer. Default "gateway".
	Realm string
	// MaxBytes of a token. Default 8 KiB.
	MaxBytes int
}

type claimsKey struct{}

// ClaimsOf are the claims of the request's token; ok is false without one.
func ClaimsOf(req *webapp.Request) (c Claims, ok bool) {
	c, ok = req.Value(claimsKey{}).(Claims)
	return c, ok
}

// New makes the middleware. Options that no token could be checked by safely
// panic: they are the program's mistake. A request without a valid token is
// answered 401 with WWW-Authenticate, RFC 6750 section 3.
func New(o Options) webapp.Middleware {
	o.check()
	if o.Realm == "" {
		o.Realm = "gateway"
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 8 << 10
	}
	var now time.Time // of the request under way: one loop, one goroutine
	rules := []jwt.ParserOption{
		jwt.WithValidMethods(o.Methods), jwt.WithTimeFunc(func() time.Time { return now }),
		jwt.WithLeeway(o.Leeway), jwt.WithStrictDecoding(),
	}
	if !o.NoExpiry {
		rules = append(rules, jwt.WithExpirationRequired())
	}
	if o.Issuer != "" {
		rules = append(rules, jwt.WithIssuer(o.Issuer))
	}
	if o.Audience != "" {
		rules = append(rules, jwt.WithAudience(o.Audience))
	}
	parser := jwt.NewParser(rules...)
	challenge := `Bearer realm="` + o.Realm + `"`
	return webapp.Member(eos.MiddlewareJWT, func(req *webapp.Request, res *webapp.Response, next webapp.Next) {
		token := o.token(req)
		if token == "" {
			if o.Optional {
				next(nil)
				return
			}
			res.Set("WWW-Authenticate", challenge)
			next(&webapp.Error{Status: 401, Message: "a token is required"})
			return
		}
		now = req.Server().Loop().Time()
		claims, err := Claims{}, jwt.ErrTokenMalformed
		if len(token) <= o.MaxBytes {
			_, err = parser.ParseWithClaims(token, claims, o.key)
		}
		if err != nil {
			why := reason(err)
			res.Set("WWW-Authenticate", challenge+`, error="invalid_token", error_description="`+why+`"`)
			next(&webapp.Error{Status: 401, Message: why})
			return
		}
		req.SetValue(claimsKey{}, claims)
		next(nil)
	})
}

// token is the token of a request, "" if there is none.
func (o *Options) token(req *webapp.Request) string {
	if scheme, token, _ := strings.Cut(req.Header("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return strings.Trim(token, " ")
	}
	if o.Cookie != "" {
		if c := req.Cookie(o.Cookie); c != "" {
			return c
		}
	}
	if o.Query != "" {
		return req.Query(o.Query)
	}
	return ""
}

// key is the key for a token, whose method was checked.
func (o *Options) key(t *jwt.Token) (any, error) {
	if o.Keys == nil {
		return o.Key, nil
	}
	id, _ := t.Header["kid"].(string)
	if key, ok := o.Keys[id]; ok {
		return key, nil
	}
	return nil, jwt.ErrTokenUnverifiable
}

// reasons tell a peer what is wrong with its token; the rest is one answer, so
// that nobody learns how far a forged one got.
var reasons = []struct {
	err  error
	text string
}{
	{jwt.ErrTokenSignatureInvalid, "token is not valid"},
	{jwt.ErrTokenExpired, "token is expired"},
	{jwt.ErrTokenNotValidYet, "token is not valid yet"},
	{jwt.ErrTokenRequiredClaimMissing, "token lacks a required claim"},
	{jwt.ErrTokenInvalidAudience, "token is for another audience"},
	{jwt.ErrTokenInvalidIssuer, "token is of another issuer"},
}

func reason(err error) string {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.text
		}
	}
	return "token is not valid"
}

// check panics on options that make no sense.
func (o *Options) check() {
	if len(o.Methods) == 0 {
		panic("jwt: name the methods")
	}
	if (o.Key == nil) == (len(o.Keys) == 0) {
		panic("jwt: either Key or Keys")
	}
	if strings.ContainsAny(o.Realm, "\"\\\r\n") {
		panic("jwt: malformed realm")
	}
	for _, m := range o.Methods {
		if o.Key != nil && !fits(m, o.Key) {
			panic("jwt: the key is not one for " + m)
		}
		for id, key := range o.Keys {
			if !fits(m, key) {
				panic("jwt: key " + id + " is not one for " + m)
			}
		}
	}
}

// fits tells whether a key is one for a method: a public key must never be taken
// for a secret of HMAC.
func fits(method string, key any) bool {
	switch jwt.GetSigningMethod(method).(type) {
	case *jwt.SigningMethodHMAC:
		k, ok := key.([]byte)
		return ok && len(k) >= 32
	case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS:
		k, ok := key.(*rsa.PublicKey)
		return ok && k.N.BitLen() >= 2048
	case *jwt.SigningMethodECDSA:
		_, ok := key.(*ecdsa.PublicKey)
		return ok
	case *jwt.SigningMethodEd25519:
		_, ok := key.(ed25519.PublicKey)
		return ok
	}
	return false
}
