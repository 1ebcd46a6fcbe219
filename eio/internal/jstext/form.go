package jstext

import "bytes"

// FormValue finds a field of a form body (application/x-www-form-urlencoded) and
// decodes it in place. The value is a view of body, nil if there is no such
// field. A malformed %XX in it, or a second one, is refused.
func FormValue(body []byte, name string) (value []byte, ok bool) {
	for len(body) > 0 {
		field := body
		if i := bytes.IndexByte(body, '&'); i >= 0 {
			field, body = body[:i], body[i+1:]
		} else {
			body = nil
		}
		n := len(name)
		if len(field) <= n || field[n] != '=' || string(field[:n]) != name {
			continue
		}
		if value != nil {
			return nil, false
		}
		if value, ok = unescape(field[n+1:]); !ok {
			return nil, false
		}
	}
	return value, true
}

func unescape(b []byte) ([]byte, bool) {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '+':
			out = append(out, ' ')
		case '%':
			if len(b)-i < 3 {
				return nil, false
			}
			hi, lo := unhex(b[i+1]), unhex(b[i+2])
			if hi > 15 || lo > 15 {
				return nil, false
			}
			out = append(out, hi<<4|lo)
			i += 2
		default:
			out = append(out, b[i])
		}
	}
	return out, true
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}
