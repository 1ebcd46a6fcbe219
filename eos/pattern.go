package eos

import "strings"

// maxStars bounds a pattern: a name is searched once for each text between stars.
const maxStars = 4

// A pattern is a name with stars, each of which stands for any characters, none
// included. The time to match is that of one search of the name per piece: there
// is no way back.
type pattern struct {
	prefix, suffix string
	middle         []string // between the first and the last star
	star           bool     // else prefix is the whole name
}

// parsePattern reads a pattern of a policy: * is a star, \s a blank, \* a star
// that stands for itself, \\ a backslash. at is the byte where it is wrong.
func parsePattern(s string) (p pattern, at int, wrong string) {
	var pieces []string
	var piece []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '*':
			if i > 0 && s[i-1] == '*' && len(piece) == 0 {
				return p, i, "two stars in a row"
			}
			pieces = append(pieces, string(piece))
			piece = piece[:0]
			if len(pieces) > maxStars {
				return p, i, "more than 4 stars"
			}
		case '\\':
			i++
			switch {
			case i < len(s) && s[i] == 's':
				piece = append(piece, ' ')
			case i < len(s) && (s[i] == '*' || s[i] == '\\'):
				piece = append(piece, s[i])
			default:
				return p, i - 1, `after \ stands s, * or \`
			}
		default:
			piece = append(piece, c)
		}
	}
	if len(pieces) == 0 {
		return pattern{prefix: string(piece)}, 0, ""
	}
	return pattern{prefix: pieces[0], middle: pieces[1:], suffix: string(piece), star: true}, 0, ""
}

func (p *pattern) match(name string) bool {
	if !p.star {
		return name == p.prefix
	}
	if len(name) < len(p.prefix)+len(p.suffix) ||
		!strings.HasPrefix(name, p.prefix) || !strings.HasSuffix(name, p.suffix) {
		return false
	}
	name = name[len(p.prefix) : len(name)-len(p.suffix)]
	for _, m := range p.middle {
		i := strings.Index(name, m)
		if i < 0 {
			return false
		}
		name = name[i+len(m):]
	}
	return true
}
