package webapp

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Cors says which other origins may use this server from a browser. Polling,
// WebSocket and routes ask the same decision: Apply sets headers by it, Allows
// tells it.
type Cors struct {
	// Origins are compared exactly with the Origin header: scheme, host and port.
	// A single one is always named in the answer, as the reference does; of
	// several, the one that asks. "*", alone, is everyone, and the default.
	Origins []string
	// OriginFunc decides instead of Origins.
	OriginFunc func(origin string, req *Request) bool
	// Methods of a preflight. Default GET,HEAD,PUT,PATCH,POST,DELETE.
	Methods []string
	// AllowedHeaders of a preflight. Default: those that the peer asks for.
	AllowedHeaders []string
	// ExposedHeaders are those that a script may read.
	ExposedHeaders []string
	// Credentials lets cookies go along.
	Credentials bool
	// MaxAge is how long a preflight is remembered; 0 leaves it to the browser.
	MaxAge time.Duration
	// OptionsStatus of a preflight's answer. Default 204.
	OptionsStatus int
	// PreflightContinue sets the headers and leaves the answer to the handler.
	PreflightContinue bool
}

// Check tells what is wrong with the settings, before a browser does. Who keeps
// a Cors calls it once.
func (c *Cors) Check() error {
	if c.Credentials && c.OriginFunc == nil && c.anyone() {
		return errors.New(`webapp: cors: origin "*" together with credentials would let every site act ` +
			"with the cookies of its visitors, and browsers refuse it: name the origins")
	}
	if len(c.Origins) > 1 {
		for _, o := range c.Origins {
			if o == "*" {
				return errors.New(`webapp: cors: "*" stands beside other origins`)
			}
		}
	}
	for _, o := range c.Origins {
		if !isOrigin(o) {
			return errors.New("webapp: cors: " + strconv.Quote(o) + ` is no origin as browsers send it: ` +
				`scheme://host in lower case, ":port" unless it is the scheme's own, nothing behind`)
		}
	}
	for _, list := range [...][]string{c.Methods, c.AllowedHeaders, c.ExposedHeaders} {
		for _, s := range list {
			if !isToken(s) {
				return errors.New("webapp: cors: " + strconv.Quote(s) + " is no method or header name")
			}
		}
	}
	if s := c.OptionsStatus; s != 0 && (s < 200 || s > 299) {
		return errors.New("webapp: cors: OptionsStatus " + strconv.Itoa(s) + " is not 2xx")
	}
	return nil
}

func isOrigin(o string) bool {
	if o == "*" || o == "null" {
		return true
	}
	scheme, host, ok := strings.Cut(o, "://")
	return ok && isToken(scheme) && isHost([]byte(host)) && o == strings.ToLower(o) &&
		!(scheme == "http" && strings.HasSuffix(host, ":80")) &&
		!(scheme == "https" && strings.HasSuffix(host, ":443"))
}

func (c *Cors) anyone() bool {
	return len(c.Origins) == 0 || len(c.Origins) == 1 && c.Origins[0] == "*"
}

// decide is the one decision: the origin to name ("" for none), whether the
// answer depends on the Origin header, and whether the request is allowed. One
// without an Origin header comes from no other site's script.
func (c *Cors) decide(req *Request) (name string, varies, ok bool) {
	sent, present := req.lookup("Origin")
	switch {
	case c.OriginFunc != nil:
		if !present {
			return "", true, true
		}
		origin := string(sent)
		if !c.OriginFunc(origin, req) {
			return "", true, false
		}
		return origin, true, true
	case c.anyone():
		return "*", false, true
	case len(c.Origins) == 1:
		return c.Origins[0], true, !present || string(sent) == c.Origins[0]
	}
	for _, o := range c.Origins {
		if present && string(sent) == o {
			return o, true, true
		}
	}
	return "", true, !present
}

// Allows tells whether the request's origin may use the server. Without a Cors,
// nil, nobody is turned away.
func (c *Cors) Allows(req *Request) bool {
	if c == nil {
		return true
	}
	_, _, ok := c.decide(req)
	return ok
}

// Apply sets the headers of an answer. A preflight is answered, then Apply
// returns true, unless PreflightContinue is set. A nil Cors sets nothing.
func (c *Cors) Apply(req *Request, res *Response) (answered bool) {
	if c == nil {
		return false
	}
	name, varies, _ := c.decide(req)
	if varies {
		res.vary("Origin")
	}
	if name != "" {
		res.set("Access-Control-Allow-Origin", name)
		if c.Credentials {
			res.set("Access-Control-Allow-Credentials", "true")
		}
	}
	preflight := req.head.method == "OPTIONS"
	if preflight {
		c.preflight(req, res)
	}
	if len(c.ExposedHeaders) > 0 {
		res.set("Access-Control-Expose-Headers", strings.Join(c.ExposedHeaders, ","))
	}
	if !preflight || c.PreflightContinue {
		return false
	}
	status := c.OptionsStatus
	set(&status, 204)
	res.setStatus(status).end("")
	return true
}

func (c *Cors) preflight(req *Request, res *Response) {
	if len(c.Methods) > 0 {
		res.set("Access-Control-Allow-Methods", strings.Join(c.Methods, ","))
	} else {
		res.set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
	}
	if len(c.AllowedHeaders) > 0 {
		res.set("Access-Control-Allow-Headers", strings.Join(c.AllowedHeaders, ","))
	} else {
		res.vary("Access-Control-Request-Headers")
		if asked, _ := req.lookup("Access-Control-Request-Headers"); len(asked) > 0 {
			res.set("Access-Control-Allow-Headers", string(asked))
		}
	}
	if c.MaxAge > 0 {
		res.set("Access-Control-Max-Age", strconv.FormatInt(int64(c.MaxAge/time.Second), 10))
	}
}

// Middleware applies the settings to all that comes behind it. It panics if
// Check finds fault.
func (c *Cors) Middleware() Middleware {
	if err := c.Check(); err != nil {
		panic(err.Error())
	}
	return func(req *Request, res *Response, next Next) {
		if !c.Apply(req, res) {
			next(nil)
		}
	}
}
