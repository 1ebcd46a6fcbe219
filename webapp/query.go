package webapp

import (
	"bytes"

	"github.com/edgesio/edgesio/eos"
)

// Query is the decoded value of the first query parameter of that name, "" if
// there is none.
func (r *Request) Query(name string) string {
	v, _ := r.QueryLookup(name)
	return string(v)
}

// QueryLookup is Query without a copy: the view is valid until the next call of
// a Query method.
func (r *Request) QueryLookup(name string) (value []byte, ok bool) {
	if !r.may(eos.RequestQuery) {
		return nil, false
	}
	for q := r.rawQuery(); len(q) > 0; {
		var pair []byte
		pair, q = cutPair(q)
		if v, match := r.pair(pair, name); match {
			return r.form(v), true
		}
	}
	return nil, false
}

// QueryAll returns the decoded values of all parameters of that name, in the
// order of the query.
func (r *Request) QueryAll(name string) (values []string) {
	if !r.may(eos.RequestQuery) {
		return nil
	}
	for q := r.rawQuery(); len(q) > 0; {
		var pair []byte
		pair, q = cutPair(q)
		if v, match := r.pair(pair, name); match {
			values = append(values, string(r.form(v)))
		}
	}
	return values
}

// EachQuery calls fn for each parameter with decoded views, valid until it
// returns, until it returns false.
func (r *Request) EachQuery(fn func(name, value []byte) bool) {
	if !r.may(eos.RequestQuery) {
		return
	}
	for q := r.rawQuery(); len(q) > 0; {
		var pair []byte
		if pair, q = cutPair(q); len(pair) == 0 {
			continue
		}
		k, v, _ := bytes.Cut(pair, []byte{'='})
		r.buf, _ = unescape(r.buf[:0], k, true)
		n := len(r.buf)
		r.buf, _ = unescape(r.buf, v, true)
		if !fn(r.buf[:n:n], r.buf[n:]) {
			return
		}
	}
}

func cutPair(q []byte) (pair, rest []byte) {
	if i := bytes.IndexByte(q, '&'); i >= 0 {
		return q[:i], q[i+1:]
	}
	return q, nil
}

// pair splits name=value and tells whether the decoded name is the one.
func (r *Request) pair(pair []byte, name string) (value []byte, match bool) {
	n := len(name)
	if r.head.flags&isEscaped == 0 && len(pair) != n && (len(pair) < n || pair[n] != '=') {
		return nil, false // as it is in nearly all cases, known by one look
	}
	k := pair
	for i, c := range pair { // names are short
		if c == '=' {
			k, value = pair[:i], pair[i+1:]
			break
		}
	}
	return value, len(pair) > 0 && string(r.form(k)) == name
}

// form decodes a part of the query, which holds whole escapes only.
func (r *Request) form(part []byte) []byte {
	if r.head.flags&isEscaped == 0 {
		return part
	}
	r.buf, _ = unescape(r.buf[:0], part, true)
	return r.buf
}
