package middleware

import (
	"bytes"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// CookieOptions say how cookies are signed. The zero value is ready to use.
type CookieOptions struct {
	// Secrets sign, see NewSigner. Default: none, there are no signed cookies then.
	Secrets [][]byte
	// MaxCookies of a request (400). Default 100.
	MaxCookies int
}

type signerKey struct{}

// Cookies bounds the number of cookies, and makes [SignedCookie] and
// [SetSignedCookie] work. Plain cookies are the request's and the response's own.
func Cookies(o CookieOptions) webapp.Middleware {
	set(&o.MaxCookies, 100)
	var signer *Signer
	if len(o.Secrets) > 0 {
		signer = NewSigner(o.Secrets...)
	}
	return webapp.Member(eos.MiddlewareCookieParser, func(req *webapp.Request, _ *webapp.Response, next webapp.Next) {
		n := 0
		req.EachHeader(func(name, value []byte) bool {
			if bytes.EqualFold(name, []byte("Cookie")) {
				n += bytes.Count(value, []byte{';'}) + 1
			}
			return true
		})
		if n > o.MaxCookies {
			next(&webapp.Error{Status: 400, Message: "too many cookies"})
			return
		}
		if signer != nil {
			req.SetValue(signerKey{}, signer)
		}
		next(nil)
	})
}

// SignedCookie is the value of a cookie whose signature is right; ok is false if
// there is none, or Cookies with secrets did not run.
func SignedCookie(req *webapp.Request, name string) (value string, ok bool) {
	s, _ := req.Value(signerKey{}).(*Signer)
	v, there := req.CookieLookup(name)
	if s == nil || !there {
		return "", false
	}
	return s.Verify(name, string(v))
}

// SetSignedCookie signs a cookie and adds it to the response. It returns false,
// and adds nothing, if Cookies with secrets did not run.
func SetSignedCookie(req *webapp.Request, res *webapp.Response, c webapp.Cookie) bool {
	s, _ := req.Value(signerKey{}).(*Signer)
	if s == nil {
		return false
	}
	c.Value = s.Sign(c.Name, c.Value)
	res.Cookie(c)
	return true
}
