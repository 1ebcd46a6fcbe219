package webapp

import (
	"strconv"
	"strings"
)

// A constraint says what a name of a path may stand for. It is the part of
// regular expressions that routes use, matched in one look at each byte: words,
// "(on|off)", or one set of characters with its count, "(\d+)", "(\w{1,8})",
// "([0-9a-f]{4})", "([^.]+)". What is counted is bytes. The letters of both cases
// are the same where the router does not tell them apart.
type constraint struct {
	words    []string
	set      [8]uint32 // of bytes, where there are no words
	min, max int
}

func (c *constraint) add(b byte) { c.set[b/32] |= 1 << (b % 32) }

func (c *constraint) has(b byte) bool { return c.set[b/32]>>(b%32)&1 != 0 }

// hasWord tells whether b is one of the words, if there are words.
func (c *constraint) hasWord(b []byte, exact bool) bool {
	for _, w := range c.words {
		if string(b) == w || !exact && fold(b, w) {
			return true
		}
	}
	return c.words == nil
}

// bounds narrows the ends, from short to end, that a name which begins at path[at]
// may have: each byte is looked at once, whatever comes behind the name.
func (c *constraint) bounds(path []byte, at, short, end int, exact bool) (int, int) {
	if c.words != nil {
		return short, end
	}
	last := at
	for last < end && last-at < c.max && c.holds(path[last], exact) {
		last++
	}
	return max(short, at+c.min), last
}

// holds tells whether the set has a byte, in either case unless exact.
func (c *constraint) holds(b byte, exact bool) bool {
	return c.has(b) || !exact && (c.has(lower(b)) || c.has(upper(b)))
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

const badConstraint = "webapp: a name of a path is bound by words, (a|b), or by one set with its count, (\\d+), not by "

// compileConstraint makes a constraint of what stands between the parentheses.
// It panics on what it does not know.
func compileConstraint(text string) *constraint {
	c := &constraint{}
	rest := ""
	switch {
	case strings.HasPrefix(text, "["):
		end := strings.IndexByte(text, ']')
		if end < 2 || !c.class(text[1:end]) {
			panic(badConstraint + text)
		}
		rest = text[end+1:]
	case strings.HasPrefix(text, `\d`), strings.HasPrefix(text, `\w`):
		c.class(text[:2])
		rest = text[2:]
	default:
		c.words = strings.Split(text, "|")
		for _, w := range c.words {
			if w == "" || strings.Trim(strings.ToLower(w), "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
				panic(badConstraint + text)
			}
		}
		return c
	}
	if !c.count(rest) {
		panic(badConstraint + text)
	}
	return c
}

// class adds what stands between brackets to the set.
func (c *constraint) class(text string) bool {
	text, negated := strings.CutPrefix(text, "^")
	for i := 0; i < len(text); i++ {
		from := text[i]
		if from == '\\' {
			if i++; i == len(text) {
				return false
			}
			switch from = text[i]; from {
			case 'd':
				c.span('0', '9')
				continue
			case 'w':
				c.span('0', '9')
				c.span('a', 'z')
				c.span('A', 'Z')
				from = '_'
			case '\\', '-', '.', '^':
			default:
				return false
			}
		}
		to := from
		if i+2 < len(text) && text[i+1] == '-' {
			if to = text[i+2]; to < from || to == '\\' {
				return false
			}
			i += 2
		}
		c.span(from, to)
	}
	if negated {
		for i := range c.set {
			c.set[i] = ^c.set[i]
		}
	}
	return true
}

func (c *constraint) span(from, to byte) {
	for b := int(from); b <= int(to); b++ {
		c.add(byte(b))
	}
}

// count reads how many characters of the set there may be: none is one.
func (c *constraint) count(text string) bool {
	const many = 1 << 16
	switch {
	case text == "":
		c.min, c.max = 1, 1
		return true
	case text == "+", text == "*": // a name is never empty
		c.min, c.max = 1, many
		return true
	}
	text, open := strings.CutPrefix(text, "{")
	text, closed := strings.CutSuffix(text, "}")
	low, high, ranged := strings.Cut(text, ",")
	var err, err2 error
	c.min, err = strconv.Atoi(low)
	c.max = c.min
	if ranged {
		c.max = many
		if high != "" {
			c.max, err2 = strconv.Atoi(high)
		}
	}
	return open && closed && err == nil && err2 == nil && c.min >= 0 && c.max >= max(c.min, 1)
}
