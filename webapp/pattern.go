package webapp

import "strings"

// A pattern is a compiled path: literal text, ":name" for one or more
// characters but slashes, and "*" for anything, named "0", "1" and so on. A name
// may be bound, ":id(\d+)", see constraint, and may be left out, ":id?", together
// with the slash or the dot before it. It matches as Express does: without
// regard to case and to one trailing slash, unless the router says otherwise.
// The other regular expressions of Express are for Router.RouteExp.
type pattern struct {
	parts         []part
	exact, strict bool // case-sensitive; a trailing slash matters
	prefix        bool // Use and Mount: the rest of the path is for others
}

type part struct {
	kind     partKind
	lead     byte   // of an optional name: the slash or dot that goes with it, or 0
	optional bool   // of a name
	text     string // the literal, or the name
	only     *constraint
}

type partKind uint8

const (
	literal partKind = iota
	named
	wildcard
)

// maxMatchSteps bounds the tries that one match may take: a pattern with several
// names in a segment must not be a lever for a peer. A path that takes more is
// refused: taken for one that does not match, it would pass a middleware by that
// stands in front of a route.
const maxMatchSteps = 1 << 13

// scanStep is how many looked-at bytes of a segment count as one try.
const scanStep = 64

// compile makes a pattern. It panics on a path that it cannot serve: paths are
// written by the program's author.
func compile(path string, o RouterOptions, prefix bool) pattern {
	p := pattern{exact: o.CaseSensitive, strict: o.Strict, prefix: prefix}
	if path != "" && path[0] != '/' && path[0] != '*' {
		panic("webapp: path " + path + " does not begin with a slash")
	}
	if prefix || !p.strict && len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	for stars := 0; path != ""; {
		var next part
		switch path[0] {
		case '*':
			next, path = part{kind: wildcard, text: string(rune('0' + stars))}, path[1:]
			if stars++; stars > 9 {
				panic("webapp: path has too many wildcards")
			}
		case ':':
			next, path = compileName(path)
			if next.optional {
				next.lead, p.parts = cutLead(p.parts)
			}
		default:
			n := strings.IndexAny(path, ":*?+()[]{}\\")
			if n < 0 {
				n = len(path)
			}
			if n == 0 {
				panic("webapp: path goes on with " + path + ", a regular expression: it is for RouteExp")
			}
			next, path = part{kind: literal, text: path[:n]}, path[n:]
		}
		p.parts = append(p.parts, next)
	}
	return p
}

// compileName takes a name off path, with its constraint and its question mark.
func compileName(path string) (p part, rest string) {
	n := 1
	for n < len(path) && isNameByte(path[n]) {
		n++
	}
	p, rest = part{kind: named, text: path[1:n]}, path[n:]
	if p.text == "" {
		panic("webapp: path has a colon without a name")
	}
	if strings.HasPrefix(rest, "(") {
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			panic("webapp: path has a parenthesis that is not closed: " + rest)
		}
		p.only, rest = compileConstraint(rest[1:end]), rest[end+1:]
	}
	if strings.HasPrefix(rest, "?") {
		p.optional, rest = true, rest[1:]
	}
	return p, rest
}

// cutLead takes the slash or dot off the literal that stands last.
func cutLead(parts []part) (lead byte, _ []part) {
	if len(parts) == 0 || parts[len(parts)-1].kind != literal {
		return 0, parts
	}
	last := &parts[len(parts)-1]
	n := len(last.text) - 1
	if lead = last.text[n]; lead != '/' && lead != '.' {
		return 0, parts
	}
	if last.text = last.text[:n]; n == 0 {
		parts = parts[:len(parts)-1]
	}
	return lead, parts
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= lower(c) && lower(c) <= 'z'
}

// matcher is one attempt. path[at:] is what is left.
type matcher struct {
	*pattern
	path   []byte
	params []param
	steps  int
}

// match matches path[base:] and appends what the names stand for to params. n is
// where the match ends in path, or -1 if that is not known after maxMatchSteps.
func (p *pattern) match(path []byte, base int, params []param) (n int, _ []param, ok bool) {
	if base == len(path) && len(p.parts) == 1 && p.parts[0].text == "/" {
		return base, params, true // a mounted router's own root
	}
	m := matcher{pattern: p, path: path, params: params, steps: maxMatchSteps}
	n, ok = m.rest(p.parts, base)
	switch {
	case ok:
		return n, m.params, true
	case m.steps < 0:
		return -1, params, false
	}
	return 0, params, false
}

// rest matches the remaining parts from at on.
func (m *matcher) rest(parts []part, at int) (n int, ok bool) {
	if m.steps--; m.steps < 0 {
		return 0, false
	}
	if len(parts) == 0 {
		left := m.path[at:]
		switch {
		case len(left) == 0, m.prefix && left[0] == '/', !m.strict && len(left) == 1 && left[0] == '/':
			return at, true
		}
		return 0, false
	}
	switch p := parts[0]; p.kind {
	case literal:
		end := at + len(p.text)
		if end > len(m.path) || !m.equal(m.path[at:end], p.text) {
			return 0, false
		}
		return m.rest(parts[1:], end)
	case named:
		if !p.optional {
			return m.name(&p, parts[1:], at)
		}
		start := at
		if p.lead != 0 {
			start++
		}
		if p.lead == 0 || at < len(m.path) && m.path[at] == p.lead {
			if n, ok = m.name(&p, parts[1:], start); ok {
				return n, true
			}
		}
		return m.rest(parts[1:], at)
	default:
		for end := len(m.path); end >= at; end-- { // as much as possible
			if n, ok = m.try(p.text, parts[1:], at, end); ok {
				return n, true
			}
		}
		return 0, false
	}
}

func (m *matcher) equal(b []byte, text string) bool {
	if m.exact {
		return string(b) == text
	}
	return fold(b, text)
}

// name matches a named part, as short as possible.
func (m *matcher) name(p *part, parts []part, at int) (n int, ok bool) {
	end := at
	for end < len(m.path) && m.path[end] != '/' {
		end++
	}
	if end == at {
		return 0, false
	}
	m.steps -= (end - at) / scanStep
	short := at + 1
	if len(parts) == 0 || parts[0].lead == '/' || parts[0].kind == literal && parts[0].text[0] == '/' {
		short = end // the whole segment or nothing
	}
	if p.only != nil {
		short, end = p.only.bounds(m.path, at, short, end, m.exact)
	}
	for ; short <= end; short++ {
		if p.only != nil && !p.only.hasWord(m.path[at:short], m.exact) {
			continue
		}
		if n, ok = m.try(p.text, parts, at, short); ok {
			return n, true
		}
	}
	return 0, false
}

// try takes path[at:end] for a name and goes on behind it.
func (m *matcher) try(name string, parts []part, at, end int) (n int, ok bool) {
	keep := len(m.params)
	m.params = append(m.params, param{name, uint16(at), uint16(end)})
	if n, ok = m.rest(parts, end); !ok {
		m.params = m.params[:keep]
	}
	return n, ok
}
