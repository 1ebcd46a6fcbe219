package webapp

import (
	"net/netip"
	"strings"

	"github.com/edgesio/edgesio/eos"
)

// The headers by which a trusted proxy tells who the user is: from anybody else
// no handler sees them.

// hide takes the headers by which a proxy names the user out of a request that
// is not the proxy's: only the Verifier sees that they were there.
func (r *Request) hide(p *eos.TrustedProxy) {
	all, n := r.head.fields, 0
	for i, f := range all {
		if !names(p, f.name.of(r.raw)) {
			all[i], all[n] = all[n], f
			n++
		}
	}
	r.head.fields, r.hidden = all[:n], len(all)-n
}

// claimed is a header as the Verifier sees it: its lines as one list (RFC 9110
// section 5.2), so that behind a proxy that adds its own line to a client's, the
// client's is not taken for the proxy's word.
func (r *Request) claimed(name string) string {
	var list []string
	for _, f := range r.head.fields[:len(r.head.fields)+r.hidden] {
		if fold(f.name.of(r.raw), name) {
			list = append(list, string(f.value.of(r.raw)))
		}
	}
	return strings.Join(list, ", ")
}

// trusts tells whether a peer is the proxy.
func trusts(p *eos.TrustedProxy, remote netip.Addr) bool {
	for _, prefix := range p.Addresses {
		if prefix.Contains(remote) {
			return true
		}
	}
	return false
}

// names tells whether a header is one of the proxy's, by their documented names.
func names(p *eos.TrustedProxy, header []byte) bool {
	for _, name := range [...][2]string{
		{p.AcoidHeader, "edger-acoid"}, {p.NicknameHeader, "edger-nickname"}, {p.ChannelHeader, "edger-channel"},
	} {
		if name[0] == "" {
			name[0] = name[1]
		}
		if fold(header, name[0]) {
			return true
		}
	}
	return false
}
