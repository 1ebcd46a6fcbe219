package webapp

import (
	"bytes"
	"errors"
	"github.com/edgesio/edgesio/eos"
	"strconv"
	"time"
)

// SameSite is a cookie's attribute of that name.
type SameSite string

// The values of SameSite; none leaves the attribute out.
const (
	SameSiteLax    SameSite = "Lax"
	SameSiteStrict SameSite = "Strict"
	SameSiteNone   SameSite = "None"
)

// A Cookie is what Set-Cookie tells, RFC 6265.
type Cookie struct {
	Name     string
	Value    string        // cookie-octets; encode what is not
	Path     string        // "" is "/"
	Domain   string        // "" is the host only
	MaxAge   time.Duration // 0 is a session's; negative removes the cookie
	Expires  time.Time     // for peers that do not know Max-Age
	HTTPOnly bool
	Secure   bool
	SameSite SameSite
}

// ErrCookie: a part of a cookie would not stay within its place in the header.
var ErrCookie = errors.New("webapp: malformed cookie")

// AppendCookie appends the value of a Set-Cookie header. Nothing is escaped: a
// name that is no token, or a value, path or domain with a byte that is not
// allowed there, is [ErrCookie].
func AppendCookie(dst []byte, c *Cookie) ([]byte, error) {
	path := c.Path
	if path == "" {
		path = "/"
	}
	switch {
	case !isToken(c.Name), !all(c.Value, inCookie),
		!isAttribute(path), !isAttribute(c.Domain), !isAttribute(string(c.SameSite)):
		return dst, ErrCookie
	case c.SameSite == SameSiteNone && !c.Secure:
		return dst, errors.New("webapp: browsers refuse a cookie with SameSite=None that is not Secure")
	}
	dst = append(dst, c.Name...)
	dst = append(dst, '=')
	dst = append(dst, c.Value...)
	if c.MaxAge != 0 {
		dst = append(dst, "; Max-Age="...)
		dst = strconv.AppendInt(dst, max(0, int64(c.MaxAge/time.Second)), 10)
	}
	if c.Domain != "" {
		dst = append(dst, "; Domain="...)
		dst = append(dst, c.Domain...)
	}
	dst = append(dst, "; Path="...)
	dst = append(dst, path...)
	if !c.Expires.IsZero() {
		dst = append(dst, "; Expires="...)
		dst = c.Expires.UTC().AppendFormat(dst, httpDate)
	}
	if c.HTTPOnly {
		dst = append(dst, "; HttpOnly"...)
	}
	if c.Secure {
		dst = append(dst, "; Secure"...)
	}
	if c.SameSite != "" {
		dst = append(dst, "; SameSite="...)
		dst = append(dst, c.SameSite...)
	}
	return dst, nil
}

// isAttribute checks av-octets: no control character, no semicolon.
func isAttribute(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == ';' {
			return false
		}
	}
	return true
}

// Cookie adds a Set-Cookie header. A malformed cookie is left out and reported
// to OnError.
func (r *Response) Cookie(c Cookie) *Response {
	if !r.may(eos.ResponseCookie) {
		return r
	}
	return r.addCookie(c)
}

func (r *Response) addCookie(c Cookie) *Response {
	v, err := AppendCookie(nil, &c)
	if err == nil {
		return r.add("Set-Cookie", string(v))
	}
	if !r.Ended() {
		r.c.srv.report(err)
	}
	return r
}

// ClearCookie makes the peer forget a cookie; path and domain are those that it
// was set with.
func (r *Response) ClearCookie(c Cookie) *Response {
	if !r.may(eos.ResponseClearCookie) {
		return r
	}
	c.Value, c.MaxAge, c.Expires = "", -1, time.Unix(0, 0)
	return r.addCookie(c)
}

// Cookie is the value of the first cookie of that name, without quotes around
// it, "" if there is none.
func (r *Request) Cookie(name string) string {
	v, _ := r.CookieLookup(name)
	return string(v)
}

// CookieLookup is Cookie without a copy.
func (r *Request) CookieLookup(name string) (value []byte, ok bool) {
	if !r.may(eos.RequestCookies) {
		return nil, false
	}
	r.eachHeader(func(header, list []byte) bool {
		if !fold(header, "Cookie") {
			return true
		}
		for len(list) > 0 && !ok {
			var pair []byte
			pair, list, _ = bytes.Cut(list, []byte{';'})
			if k, v, is := bytes.Cut(trim(pair), []byte{'='}); is && string(trim(k)) == name {
				value, ok = unquote(trim(v)), true
			}
		}
		return !ok
	})
	return value, ok
}

// EachCookie calls fn for each cookie in the order of the request, with views,
// until it returns false.
func (r *Request) EachCookie(fn func(name, value []byte) bool) {
	if !r.may(eos.RequestCookies) {
		return
	}
	going := true
	r.eachHeader(func(header, list []byte) bool {
		if !fold(header, "Cookie") {
			return true
		}
		for len(list) > 0 && going {
			var pair []byte
			pair, list, _ = bytes.Cut(list, []byte{';'})
			if k, v, is := bytes.Cut(trim(pair), []byte{'='}); is {
				going = fn(trim(k), unquote(trim(v)))
			}
		}
		return going
	})
}

// unquote takes the quotes off a value that has them on both ends.
func unquote(v []byte) []byte {
	if len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"' {
		return v[1 : len(v)-1]
	}
	return v
}
