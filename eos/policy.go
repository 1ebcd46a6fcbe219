package eos

import (
	"encoding/json"
	"strings"
)

// A Policy is layer C: which group may join which namespace and room, emit and
// receive which event. LoadPolicy makes one; a nil Policy allows everything. A
// group that is none of the three has the rights of Guest. Loop's goroutine only.
type Policy struct {
	fallback bool
	rules    []rule
	scopes   [len(groups)]map[string]*scope // by namespace, as they are asked for
}

// maxScopes bounds what a group keeps ready; namespaces beyond it cost a walk over
// the rules at each question, and no memory.
const maxScopes = 256

// A scope is what the rules say for one group in one namespace.
type scope [actions]verdicts

// verdicts are the rules of one action in one scope.
type verdicts struct {
	exact       map[string]bool // name without stars: allowed, unless a deny names it
	allow, deny []pattern
	fallback    bool
}

// MayConnect tells whether the group may join the namespace. It keeps nothing of
// the name, which clients choose.
func (p *Policy) MayConnect(g Group, nsp string) bool {
	return p == nil || p.decide(connect, groupIndex(g), nsp, "")
}

// MayJoin tells whether the group may join the room of the namespace.
func (p *Policy) MayJoin(g Group, nsp, room string) bool { return p.may(join, g, nsp, room) }

// MayEmit tells whether a client of the group may emit the event to the server.
func (p *Policy) MayEmit(g Group, nsp, event string) bool { return p.may(emit, g, nsp, event) }

// MayReceive tells whether a client of the group may be sent the event.
func (p *Policy) MayReceive(g Group, nsp, event string) bool { return p.may(receive, g, nsp, event) }

// may answers from the scope of the namespace, without allocation once it is there.
func (p *Policy) may(a action, g Group, nsp, name string) bool {
	if p == nil {
		return true
	}
	i := groupIndex(g)
	s := p.scopes[i][nsp]
	if s == nil {
		if len(p.scopes[i]) >= maxScopes {
			return p.decide(a, i, nsp, name)
		}
		s = p.scope(i, nsp)
		if p.scopes[i] == nil {
			p.scopes[i] = make(map[string]*scope)
		}
		p.scopes[i][strings.Clone(nsp)] = s
	}
	return s[a].may(name)
}

func (v *verdicts) may(name string) bool {
	allowed, known := v.exact[name]
	if known && !allowed {
		return false
	}
	for i := range v.deny {
		if v.deny[i].match(name) {
			return false
		}
	}
	if known {
		return true
	}
	for i := range v.allow {
		if v.allow[i].match(name) {
			return true
		}
	}
	return v.fallback
}

// scope sorts the rules for a group in a namespace.
func (p *Policy) scope(group int, nsp string) *scope {
	s := new(scope)
	for a := range s {
		s[a].fallback = p.fallback
	}
	for i := range p.rules {
		r := &p.rules[i]
		v := &s[r.action]
		switch {
		case !r.groups[group] || !r.nsp.match(nsp):
		case !r.name.star:
			if v.exact == nil {
				v.exact = make(map[string]bool)
			}
			before, known := v.exact[r.name.prefix]
			v.exact[r.name.prefix] = r.allow && (!known || before)
		case r.allow:
			v.allow = append(v.allow, r.name)
		default:
			v.deny = append(v.deny, r.name)
		}
	}
	return s
}

// decide walks over the rules: what a scope says, without one.
func (p *Policy) decide(a action, group int, nsp, name string) bool {
	verdict := p.fallback
	for i := range p.rules {
		r := &p.rules[i]
		if r.action != a || !r.groups[group] || !r.nsp.match(nsp) || a != connect && !r.name.match(name) {
			continue
		}
		if !r.allow {
			return false
		}
		verdict = true
	}
	return verdict
}

// A PolicyError tells a client what the policy does not let it do. It is the data
// of a connect_error, and the error of a denied ack.
type PolicyError struct {
	Action string // "connect", "join", "emit" or "receive"
	Name   string // of the namespace, the room or the event
	Group  Group
}

// Error names group, action and name; of a long name, its beginning.
func (e *PolicyError) Error() string {
	return "eos: group " + string(e.Group) + " may not " + e.Action + " " + quote(e.Name)
}

// MarshalJSON gives {"code":"denied","action":...,"name":...,"group":...}.
func (e *PolicyError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Code   string `json:"code"`
		Action string `json:"action"`
		Name   string `json:"name"`
		Group  Group  `json:"group"`
	}{"denied", e.Action, e.Name, e.Group})
}
