package eos

import (
	"net/netip"
	"unicode/utf8"
)

// TrustedProxy is a Verifier that believes the identity headers of a proxy which
// has verified the request, as the platform does in front of its apps. The proxy
// must remove these headers from what it is given by its own clients.
//
// From an address in Addresses the headers are read: without an acoid access is
// anonymous, with one that is not valid the request is ReasonMalformed. From any
// other address they are never believed: Next, where there is one, decides
// without seeing them, and a request that carries them and has no other identity
// is ReasonUntrusted. A token without Next from there is ReasonUntrusted, too.
type TrustedProxy struct {
	Addresses []netip.Prefix // of proxies; none: nobody is trusted. An address with a zone is in no prefix
	Next      Verifier       // for everyone else; nil: nobody else is believed
	Ignore    bool           // let requests with untrusted headers pass as if they had none

	AcoidHeader    string // default "edger-acoid"
	NicknameHeader string // default "edger-nickname"
	ChannelHeader  string // default "edger-channel"; "cloud", or "local" which is the default
}

// Verify implements Verifier; done is called before it returns, or when Next does.
func (p *TrustedProxy) Verify(c *Claim, done func(info *Info, err error)) {
	acoid := headerName(p.AcoidHeader, "edger-acoid")
	nickname := headerName(p.NicknameHeader, "edger-nickname")
	channel := headerName(p.ChannelHeader, "edger-channel")
	if p.trusts(c.Remote) {
		done(proxied(c, c.header(acoid), c.header(nickname), c.header(channel)))
		return
	}
	pretends := !p.Ignore && (c.header(acoid) != "" || c.header(nickname) != "" || c.header(channel) != "")
	if p.Next == nil {
		if pretends || c.Token != "" {
			done(nil, errUntrusted)
		} else {
			done(nil, nil)
		}
		return
	}
	p.Next.Verify(c.without(acoid, nickname, channel), func(info *Info, err error) {
		if info == nil && err == nil && pretends {
			err = errUntrusted
		}
		done(info, err)
	})
}

func (p *TrustedProxy) trusts(a netip.Addr) bool {
	a = a.Unmap()
	for _, prefix := range p.Addresses {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

func proxied(c *Claim, acoid, nickname, channel string) (*Info, error) {
	if acoid == "" {
		return nil, nil
	}
	ch, ok := parseChannel(channel)
	if !ok || !ValidAcoid(acoid) || !validNickname(nickname) {
		return nil, errMalformed
	}
	return &Info{User: &User{Acoid: acoid, Nickname: nickname}, Token: c.Token, Channel: ch}, nil
}

func parseChannel(s string) (Channel, bool) {
	switch s {
	case "", string(Local):
		return Local, true
	case string(Cloud):
		return Cloud, true
	}
	return "", false
}

// validNickname: at most MaxNicknameBytes of UTF-8 without control characters.
func validNickname(s string) bool {
	if len(s) > MaxNicknameBytes || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' || r >= 0x7F && r < 0xA0 {
			return false
		}
	}
	return true
}

func headerName(name, or string) string {
	if name == "" {
		return or
	}
	return name
}
