package eos

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of a policy file.
const (
	maxPolicyBytes = 256 << 10
	maxPolicyLines = 4000
)

// action is what a rule is about.
type action uint8

const (
	connect action = iota
	join
	emit
	receive
	actions int = iota
)

var actionNames = [actions]string{"connect", "join", "emit", "receive"}

// A rule is a line of a policy, for one name.
type rule struct {
	allow  bool
	action action
	groups [len(groups)]bool
	nsp    pattern
	name   pattern // of a room or an event; of no meaning for connect
}

// LoadPolicy reads a policy:
//
//	# Who may do what. A deny wins over every allow; what no line names is as the default says.
//	default deny
//	allow connect *           /
//	allow emit    *           /      chat req
//	allow receive *           *      *
//	allow connect admin,user  /home
//	allow join    user        /home  room:* lobby
//	deny  emit    guest       *      admin:*
//
// The first line is "default deny" or "default allow". Each other line is allow
// or deny, the action, the groups, the namespaces, and, except for connect, one
// or more rooms (join) or events (emit: from client to server, receive: from
// server to client). Groups are admin, user and guest with commas between them,
// or * for all. Namespaces, rooms and events are patterns: * stands for any
// characters, at most 4 times and not twice in a row; \s is a blank, \* a star,
// \\ a backslash. Words stand apart by blanks or tabs; empty lines and lines that
// start with # are skipped. A file has at most 256 kB and 4000 lines. An error is
// a *FileError with line and column.
func LoadPolicy(r io.Reader) (*Policy, error) {
	text, err := readFile(r, "policy", maxPolicyBytes)
	if err != nil {
		return nil, err
	}
	p := new(Policy)
	lines := lineReader{what: "policy", text: text, maxLines: maxPolicyLines}
	first := true
	for lines.next() {
		if first {
			p.fallback, err = parseDefault(&lines)
		} else {
			p.rules, err = appendRules(p.rules, &lines)
		}
		if err != nil {
			return nil, err
		}
		first = false
	}
	if lines.err != nil {
		return nil, lines.err
	}
	if first {
		return nil, &FileError{File: "policy", Text: "empty: want default deny or default allow"}
	}
	return p, nil
}

func parseDefault(l *lineReader) (allow bool, err error) {
	w := l.words
	if w[0].text != "default" || len(w) != 2 {
		return false, l.fail(0, "the first line is not default deny or default allow")
	}
	switch w[1].text {
	case "deny":
		return false, nil
	case "allow":
		return true, nil
	}
	return false, l.fail(1, "unknown word "+quote(w[1].text)+": want deny or allow")
}

// appendRules adds the rules of a line: one for each name.
func appendRules(rules []rule, l *lineReader) ([]rule, error) {
	var r rule
	w := l.words
	switch w[0].text {
	case "allow":
		r.allow = true
	case "deny":
	case "default":
		return nil, l.fail(0, "default stands twice, or not first")
	default:
		return nil, l.fail(0, "unknown word "+quote(w[0].text)+": want allow or deny")
	}
	if len(w) < 4 {
		return nil, l.fail(len(w)-1, "the line ends too early: want action, groups and namespaces")
	}
	known := false
	for i, name := range actionNames {
		if name == w[1].text {
			r.action, known = action(i), true
		}
	}
	if !known {
		return nil, l.fail(1, "unknown action "+quote(w[1].text)+": want connect, join, emit or receive")
	}
	if err := parseGroups(&r, l, w[2]); err != nil {
		return nil, err
	}
	var err error
	if r.nsp, err = linePattern(l, 3); err != nil {
		return nil, err
	}
	if t := w[3].text; t[0] != '/' && t[0] != '*' {
		return nil, l.fail(3, "a namespace starts with / or *")
	}
	if r.action == connect {
		if len(w) > 4 {
			return nil, l.fail(4, "connect takes no names")
		}
		return append(rules, r), nil
	}
	if len(w) == 4 {
		return nil, l.fail(3, "the line ends too early: want rooms or events")
	}
	for i := range w[4:] {
		if r.name, err = linePattern(l, 4+i); err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func parseGroups(r *rule, l *lineReader, w word) error {
	if w.text == "*" {
		r.groups = [len(groups)]bool{true, true, true}
		return nil
	}
	column := w.column
	for name := range strings.SplitSeq(w.text, ",") {
		i := groupIndex(Group(name))
		if Group(name) != groups[i] {
			return &FileError{l.what, l.line, column, "unknown group " + quote(name) + ": want admin, user, guest or *"}
		}
		if r.groups[i] {
			return &FileError{l.what, l.line, column, fmt.Sprintf("group %s stands twice", name)}
		}
		r.groups[i] = true
		column += utf8.RuneCountInString(name) + 1
	}
	return nil
}

func linePattern(l *lineReader, i int) (pattern, error) {
	w := l.words[i]
	p, at, wrong := parsePattern(w.text)
	if wrong != "" {
		return p, &FileError{l.what, l.line, w.column + utf8.RuneCountInString(w.text[:at]), wrong}
	}
	return p, nil
}
