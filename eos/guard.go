package eos

// A PermissionError tells that the process may not call an API in its mode. The
// call had no effect.
type PermissionError struct {
	Module string // "socket.io"
	API    string // "socket.emit"
	Mode   Mode
}

// Error names module, API and mode.
func (e *PermissionError) Error() string {
	return "eos: " + e.Module + "." + e.API + " is not available in " + e.Mode.String()
}

// A Guard stands before the calls of an app: a Set, a Mode and a count of what it
// denied. A nil Guard allows everything, the zero Guard nothing. Loop's goroutine
// only.
type Guard struct {
	allowed Set
	mode    Mode
	total   uint64
	denied  map[API]*denial // made by the first denial
}

type denial struct {
	count uint64
	err   *PermissionError
}

// NewGuard makes the guard of a process in the mode; a nil matrix is the
// platform's. Narrowing the matrix later does not reach the guard: see Narrow.
func NewGuard(m *Matrix, mode Mode) *Guard {
	if m == nil {
		m = DefaultMatrix()
	}
	return &Guard{allowed: m.Allowed(mode), mode: mode}
}

// Check is nil where the process may call a, without allocation; otherwise it
// counts and gives a *PermissionError, which is shared and must not be changed.
func (g *Guard) Check(a API) error {
	if g == nil || g.allowed.Has(a) {
		return nil
	}
	return g.deny(a)
}

func (g *Guard) deny(a API) error {
	g.total++
	d := g.denied[a]
	if d == nil {
		if g.denied == nil {
			g.denied = make(map[API]*denial)
		}
		e := &PermissionError{API: "unknown API", Mode: g.mode}
		if a < apiCount {
			e.Module, e.API = platformRows[a].module, platformRows[a].name
		} else {
			a = apiCount // one entry for all that do not exist
		}
		d = &denial{err: e}
		g.denied[a] = d
	}
	d.count++
	return d.err
}

// Mode is the mode of the process.
func (g *Guard) Mode() Mode { return g.mode }

// Narrow takes away what allowed does not have, at run time. Nothing gives back.
func (g *Guard) Narrow(allowed Set) { g.allowed.Intersect(allowed) }

// Denials is how many calls were denied.
func (g *Guard) Denials() uint64 { return g.total }

// Denied is how many calls of a were denied.
func (g *Guard) Denied(a API) uint64 {
	if d := g.denied[a]; d != nil {
		return d.count
	}
	return 0
}

// Allows tells whether the process may call all of rows; it counts nothing.
func (g *Guard) Allows(rows *Set) bool {
	if g == nil {
		return true
	}
	for i, word := range rows {
		if word&^g.allowed[i] != 0 {
			return false
		}
	}
	return true
}
