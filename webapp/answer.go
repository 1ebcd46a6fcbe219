package webapp

import (
	"github.com/edgesio/edgesio/eos"
	"slices"
	"strconv"
	"strings"
)

// Vary names a request header that the answer depends on, once.
func (r *Response) Vary(name string) *Response {
	if !r.maySet() {
		return r
	}
	return r.vary(name)
}

func (r *Response) vary(name string) *Response {
	_, _, list := cutField(r.fields, "Vary")
	for item, rest, ok := nextItem(list); ok; item, rest, ok = nextItem(rest) {
		if fold(item, name) || string(item) == "*" {
			return r
		}
	}
	if len(list) == 0 {
		return r.set("Vary", name)
	}
	return r.set("Vary", string(list)+", "+name)
}

// Location sets the header of that name; what may not stand in one is escaped.
func (r *Response) Location(url string) *Response {
	if !r.may(eos.ResponseLocation) {
		return r
	}
	return r.location(url)
}

func (r *Response) location(url string) *Response {
	return r.set("Location", escapeLocation(url))
}

// Links adds a header Link: relations and their targets, in turn.
func (r *Response) Links(pairs ...string) *Response {
	if !r.maySet() {
		return r
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.add("Link", "<"+strings.ReplaceAll(escapeLocation(pairs[i+1]), ">", "%3E")+`>; rel="`+pairs[i]+`"`)
	}
	return r
}

// Attachment asks the browser to save the answer, under a file's name if one is
// given, whose extension sets the type (RFC 6266).
func (r *Response) Attachment(name string) *Response {
	if !r.maySet() {
		return r
	}
	return r.attachment(name)
}

func (r *Response) attachment(name string) *Response {
	if name == "" {
		return r.set("Content-Disposition", "attachment")
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	plain, encoded := []byte{}, []byte{}
	for i := range len(name) {
		c := name[i]
		if c < ' ' || c >= 0x7f || c == '"' || c == '%' {
			plain = append(plain, '?')
		} else {
			plain = append(plain, c)
		}
		if isAttr(c) {
			encoded = append(encoded, c)
		} else {
			encoded = append(encoded, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	v := `attachment; filename="` + string(plain) + `"`
	if string(plain) != name {
		v += "; filename*=UTF-8''" + string(encoded)
	}
	return r.setType(typeByExtension(name)).set("Content-Disposition", v)
}

// isAttr tells whether a byte is an attr-char of RFC 5987.
func isAttr(c byte) bool {
	return class[c]&inToken != 0 && c != '*' && c != '\'' && c != '%'
}

// WriteHead sets the status and headers, names and values in turn. They go out
// with the first Write or with the end, so that what is set later is not late.
func (r *Response) WriteHead(status int, pairs ...string) *Response {
	if !r.may(eos.ResponseWriteHead) {
		return r
	}
	r.setStatus(status)
	for i := 0; i+1 < len(pairs); i += 2 {
		r.set(pairs[i], pairs[i+1])
	}
	return r
}

// An Offer is one of the forms that Response.Format can answer in: a media type
// or an extension, and who answers.
type Offer struct {
	Type   string
	Handle func()
}

// Format calls the one of the offers that the request's Accept likes best, with
// its type set; the answer is 406 where it likes none. The offer "default" is for
// that case. A request that was not kept takes the first offer.
func (r *Response) Format(offers ...Offer) {
	if r.Ended() {
		return
	}
	r.vary("Accept")
	types := make([]string, 0, len(offers))
	fallback := -1
	for i, o := range offers {
		if o.Type == "default" {
			fallback = i
		} else {
			types = append(types, o.Type)
		}
	}
	best := ""
	if req := r.c.req; req != nil {
		best = req.Accepts(types...)
	} else if len(types) > 0 {
		best = types[0]
	}
	if at := slices.IndexFunc(offers, func(o Offer) bool { return best != "" && o.Type == best }); at >= 0 {
		r.setType(best)
		offers[at].Handle()
	} else if fallback >= 0 {
		offers[fallback].Handle()
	} else {
		r.Fail(&Error{406, StatusText(406)})
	}
}

// tagged gives an answer to GET the tag of its body, where the setting "etag" asks
// for it, and tells whether the peer had it: then 304 was sent.
func tagged[T string | []byte](r *Response, body T) bool {
	if r.c == nil || r.c.srv.set.tags == noTags {
		return false
	}
	return r.tag(uint64(len(body)), sum(body))
}

// tag sets the header, from length and hash of the body.
func (r *Response) tag(length, hash uint64) bool {
	req := r.c.req
	if req == nil || r.Ended() || r.flags&headSent != 0 || r.status != 200 ||
		req.head.method != "GET" && req.head.method != "HEAD" || strings.Contains(r.field("Cache-Control"), "no-store") {
		return false
	}
	if r.field("ETag") == "" {
		tag := `"` + strconv.FormatUint(length, 16) + "-" + strconv.FormatUint(hash, 16) + `"`
		if r.c.srv.set.tags == weakTags {
			tag = "W/" + tag
		}
		r.set("ETag", tag)
	}
	return r.Fresh(req)
}

// sum is the FNV-1a hash of a body.
func sum[T string | []byte](body T) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(body) {
		h = (h ^ uint64(body[i])) * 1099511628211
	}
	return h
}
