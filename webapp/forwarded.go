package webapp

import (
	"bytes"
	"github.com/edgesio/edgesio/eos"
	"net/netip"
	"strings"
)

// What a proxy in front of the app tells of the peer: X-Forwarded-For, -Proto and
// -Host. It is believed of peers within the prefixes of the setting "trust proxy"
// only: a header that anybody can send is no one's address.

// Names of address ranges that "trust proxy" may have.
var proxyRanges = map[string]string{
	"loopback":    "127.0.0.0/8,::1/128",
	"linklocal":   "169.254.0.0/16,fe80::/10",
	"uniquelocal": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7",
}

// parseProxies reads a value of "trust proxy": a list of addresses, prefixes and
// names of ranges. It panics on others: the program's author wrote it.
func parseProxies(value any) (list []netip.Prefix) {
	var items []string
	switch v := value.(type) {
	case nil, bool:
		if v == true {
			panic(`webapp: "trust proxy" without addresses would let every peer choose its own: name the proxies`)
		}
	case []netip.Prefix:
		return v
	case string:
		items = strings.Split(v, ",")
	case []string:
		items = v
	default:
		panic(`webapp: "trust proxy" is a list of addresses, prefixes and ranges`)
	}
	for _, item := range items {
		if item = strings.TrimSpace(item); proxyRanges[item] != "" {
			list = append(list, parseProxies(proxyRanges[item])...)
			continue
		}
		p, err := netip.ParsePrefix(item)
		if a, err2 := netip.ParseAddr(item); err2 == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			panic(`webapp: "trust proxy": ` + err.Error())
		}
		list = append(list, p.Masked())
	}
	return list
}

// trusts tells whether an address is a proxy's of ours.
func (s *Server) trusts(a netip.Addr) bool {
	a = a.WithZone("") // the interface that a link-local peer came in on
	for _, p := range s.set.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forwarded is the last item of a forwarding header, what the nearest proxy says,
// if that is one of ours.
func (r *Request) forwarded(name string) []byte {
	if r.c == nil || len(r.c.srv.set.proxies) == 0 || !r.c.srv.trusts(r.peer()) {
		return nil
	}
	for i := len(r.head.fields) - 1; i >= 0; i-- {
		if f := r.head.fields[i]; fold(f.name.of(r.raw), name) {
			v := f.value.of(r.raw)
			return trim(v[bytes.LastIndexByte(v, ',')+1:])
		}
	}
	return nil
}

func (r *Request) peer() netip.Addr {
	if r.c == nil {
		return netip.Addr{}
	}
	return r.c.pc.RemoteAddr().Addr().Unmap()
}

// IP is the address that the request comes from, without its port: the peer's,
// or where the peer is a proxy within the setting "trust proxy", the last one in
// X-Forwarded-For that is not.
func (r *Request) IP() netip.Addr {
	if !r.may(eos.RequestIP) {
		return netip.Addr{}
	}
	return r.ip()
}

func (r *Request) ip() netip.Addr {
	ip := r.peer()
	if r.c == nil || len(r.c.srv.set.proxies) == 0 {
		return ip
	}
	for i := len(r.head.fields) - 1; i >= 0; i-- {
		f := r.head.fields[i]
		if !fold(f.name.of(r.raw), "X-Forwarded-For") {
			continue
		}
		for list := f.value.of(r.raw); len(list) > 0; {
			if !r.c.srv.trusts(ip) {
				return ip
			}
			comma := bytes.LastIndexByte(list, ',')
			a, ok := parseForwarded(string(trim(list[comma+1:])))
			if !ok {
				return ip // all that is further to the left is hearsay
			}
			ip, list = a, list[:max(comma, 0)]
		}
	}
	return ip
}

// parseForwarded reads an address, which may have a port.
func parseForwarded(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		var p netip.AddrPort
		p, err = netip.ParseAddrPort(s)
		a = p.Addr()
	}
	return a.Unmap(), err == nil && a.Zone() == ""
}

// Protocol is "https" where the peer speaks TLS to the app or, as a trusted
// proxy says in X-Forwarded-Proto, to the proxy; else "http".
func (r *Request) Protocol() string {
	if !r.may(eos.RequestProtocol) {
		return ""
	}
	secure := r.c != nil && r.c.srv.options.Secure
	if proto := r.forwarded("X-Forwarded-Proto"); fold(proto, "https") || secure && !fold(proto, "http") {
		return "https"
	}
	return "http"
}

// Secure tells whether Protocol is https.
func (r *Request) Secure() bool { return r.Protocol() == "https" }

// Host is the Host header, or what a trusted proxy says in X-Forwarded-Host.
func (r *Request) Host() string {
	if !r.may(eos.RequestHost) {
		return ""
	}
	if h := r.forwarded("X-Forwarded-Host"); len(h) > 0 && isHost(h) {
		return string(h)
	}
	return string(r.head.host.of(r.raw))
}

// Hostname is Host without its port; an IPv6 address has its brackets.
func (r *Request) Hostname() string {
	h := r.Host()
	if i := lastColon([]byte(h)); i >= 0 {
		h = h[:i]
	}
	return h
}

// Subdomains are the names before the domain, which has as many as the setting
// "subdomain offset" says, 2 without it: "tank" and "north" of
// north.tank.example.com, the nearest to the domain first. An address has none.
func (r *Request) Subdomains() []string {
	host := r.Hostname()
	if r.c == nil || host == "" || host[0] == '[' {
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	names := strings.Split(host, ".")
	names = names[:max(0, len(names)-r.c.srv.set.domain)]
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return names
}
