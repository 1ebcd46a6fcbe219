// Package settings reads the settings of a program by one table: from the program's defaults, those of a profile, a
// file, the environment and the command line, of which each wins over those before it. The flags, the environment's
// names, the file's keys, the help text and the listing of what is in force all come from that table.
//
// The file has a setting a line, its name and its value:
//
//	# the box in the hall
//	listen     :8000
//	max-conns  600        # it has 128 MB
//	name       "my app"   # blanks, # and nothing at all stand in quotes, \" and \\ are a quote and a backslash
//
// Whatever is not understood is an error that tells where it stands: an unknown name, a name twice, a value that the
// setting cannot have, an environment variable with the program's prefix that is no setting.
package settings

import "strings"

// A Change tells what it takes that another value of a setting counts while the program runs.
type Change uint8

// The changes.
const (
	Live    Change = iota // it is read again and counts
	Replace               // a new process that takes over from this one
	Restart               // the end of the program, and its start
)

// A Setting is a row of the table.
type Setting struct {
	Name   string // of the flag and in the file, such as max-conns
	Unit   string // one word for what the value is, such as number
	Def    string // the program's default as text; what it means, when it is "", is in Doc
	Doc    string
	Change Change
	Value  Value
	Outer  bool // it says where the file is: it does not stand in the file

	from string
}

// From is where the value comes from: "default", "profile x", "file:12", "environment" or "flag".
func (s *Setting) From() string { return s.from }

// Asked tells whether somebody asked for the value: it is neither the default nor the profile's.
func (s *Setting) Asked() bool { return s.from != byDefault && !strings.HasPrefix(s.from, byProfile) }

// Where a value comes from that nobody asked for.
const byDefault, byProfile = "default", "profile "

// A Switch is a flag without a value.
type Switch struct {
	Name, Doc string
	On        *bool
}

// A Table is what a program can be told. Tables are small: names are looked for one after the other.
type Table struct {
	Prefix   string   // of the environment's variables, such as EDGESIO_
	Reserved []string // variables with that prefix that are something else
	Settings []Setting
	Switches []Switch
}

// A Given is a value that somebody gave for a setting.
type Given struct {
	Name, Text string
	From       string // see Setting.From
	at         string // what an error begins with: place in the file, variable or flag
}

// FromProfile is a value of a profile.
func FromProfile(profile, name, text string) Given {
	return Given{Name: name, Text: text, From: byProfile + profile, at: byProfile + profile + ": " + name}
}

// Find is the setting of a name, nil for none.
func (t *Table) Find(name string) *Setting {
	for i := range t.Settings {
		if t.Settings[i].Name == name {
			return &t.Settings[i]
		}
	}
	return nil
}

// Last is what was given for a name behind all others, or what is there without.
func Last(given []Given, name, without string) string {
	for _, g := range given {
		if g.Name == name {
			without = g.Text
		}
	}
	return without
}

// Apply sets every setting to its default and then, in this order, to what was given.
func (t *Table) Apply(given ...[]Given) error {
	for i := range t.Settings {
		s := &t.Settings[i]
		s.from = byDefault
		if err := s.Value.Set(s.Def); err != nil {
			return &Error{"default of " + s.Name, err.Error()}
		}
	}
	for _, list := range given {
		for _, g := range list {
			s := t.Find(g.Name)
			if s == nil {
				return &Error{g.at, "there is no such setting"}
			}
			if err := s.Value.Set(g.Text); err != nil {
				return &Error{g.at, err.Error()}
			}
			s.from = g.From
		}
	}
	return nil
}

// Changed are the names of the settings of one kind whose value is another one in next, a table of the same program.
func (t *Table) Changed(next *Table, kind Change) (names []string) {
	for i := range t.Settings {
		s := &t.Settings[i]
		if n := next.Find(s.Name); n != nil && s.Change == kind && n.Value.String() != s.Value.String() {
			names = append(names, s.Name)
		}
	}
	return names
}

// Take takes the values of the settings of one kind, and where they come from, of next, a table of the same program,
// and names those that were other ones.
func (t *Table) Take(next *Table, kind Change) (changed []string) {
	changed = t.Changed(next, kind)
	for i := range t.Settings {
		s := &t.Settings[i]
		if n := next.Find(s.Name); n != nil && s.Change == kind && s.Value.Set(n.Value.String()) == nil {
			s.from = n.from
		}
	}
	return changed
}

// Variable is the name of a setting in the environment.
func (t *Table) Variable(name string) string {
	return t.Prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// An Error tells what is wrong, and where: "FILE:LINE:COLUMN", a variable or a flag.
type Error struct{ At, Text string }

// Error is both.
func (e *Error) Error() string { return e.At + ": " + e.Text }

// quote shows a word of the user's, at most 40 bytes of it.
func quote(text string) string {
	const most = 40
	if len(text) > most {
		return strings.ToValidUTF8(quoted(text[:most]), "?") + "..."
	}
	return strings.ToValidUTF8(quoted(text), "?")
}
