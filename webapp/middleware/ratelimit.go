package middleware

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/webapp"
)

// RateLimitOptions say how many requests an address may make. The zero value is
// ready to use.
type RateLimitOptions struct {
	// Requests may come at once, and in each Window. Default 100 in a minute.
	Requests int
	Window   time.Duration
	// MaxAddresses that are remembered; the one that was not seen for longest is
	// forgotten, which makes its bucket full. Default 10000, some 150 bytes each.
	MaxAddresses int
	// Address tells who asks: behind a proxy that is trusted, from its header; what a
	// peer may write itself must not get here. Default the peer's address.
	Address func(req *webapp.Request) netip.Addr
	// Skip lets a request pass uncounted.
	Skip func(req *webapp.Request) bool
}

// bucket has tokens, in thousandths of a request.
type bucket struct{ at, tokens int64 }

// RateLimit answers 429 to addresses that ask too often: a token bucket for each
// IPv4 address, and for each /64 of IPv6, which is what one subscriber has. Every
// answer has the fields RateLimit-Limit, -Remaining and -Reset (seconds until the
// bucket is full); a 429 has Retry-After, too.
func RateLimit(o RateLimitOptions) webapp.Middleware {
	set(&o.Requests, 100)
	set(&o.Window, time.Minute)
	set(&o.MaxAddresses, 10000)
	full := int64(o.Requests) * 1000
	window := max(int64(o.Window/time.Millisecond), 1)
	limit := strconv.Itoa(o.Requests)
	table := newLRU[netip.Addr, bucket](o.MaxAddresses)
	return func(req *webapp.Request, res *webapp.Response, next webapp.Next) {
		if o.Skip != nil && o.Skip(req) {
			next(nil)
			return
		}
		server := req.Server()
		now := server.Loop().Now()
		who := subscriber(o.address(req))
		b := table.get(who)
		if b == nil {
			b = table.add(who, bucket{at: now, tokens: full})
		}
		// Whole windows fill it: the product below cannot overflow.
		if passed := now - b.at; passed >= window {
			b.tokens, b.at = full, now
		} else if more := int64(float64(passed) * float64(full) / float64(window)); more > 0 {
			b.tokens, b.at = min(full, b.tokens+more), now
		}
		allowed := b.tokens >= 1000
		if allowed {
			b.tokens -= 1000
		}
		res.Set("RateLimit-Limit", limit)
		res.Set("RateLimit-Remaining", strconv.FormatInt(b.tokens/1000, 10))
		res.Set("RateLimit-Reset", seconds(full-b.tokens, full, window))
		if allowed {
			next(nil)
			return
		}
		res.Set("Retry-After", seconds(1000-b.tokens, full, window))
		server.Log().Warn("rate limit", "too many requests", req.RemoteAddr(), req.RawTarget())
		next(&webapp.Error{Status: 429, Message: "too many requests"})
	}
}

func (o *RateLimitOptions) address(req *webapp.Request) netip.Addr {
	if o.Address != nil {
		return o.Address(req).Unmap()
	}
	return req.IP()
}

// seconds is how long tokens take to come, rounded up, at least one.
func seconds(tokens, full, window int64) string {
	ms := float64(tokens) * float64(window) / float64(full)
	return strconv.FormatInt(max(1, int64(ms+999)/1000), 10)
}

// subscriber is what one peer can choose no other than.
func subscriber(a netip.Addr) netip.Addr {
	if a = a.WithZone(""); a.Is6() {
		p, err := a.Prefix(64)
		if err == nil {
			return p.Addr()
		}
	}
	return a
}
