package settings

import "strings"

// ParseFlags reads a command line without the program's name: -name value or -name=value, with one or two dashes;
// switches stand alone. help is true when -h or -help is there: nothing behind it was looked at.
func (t *Table) ParseFlags(args []string) (list []Given, help bool, err error) {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		name, dash := strings.CutPrefix(word, "-")
		name = strings.TrimPrefix(name, "-")
		if !dash || name == "" {
			return nil, false, &Error{"command line", "no flag: " + quote(word)}
		}
		name, text, inside := strings.Cut(name, "=")
		if name == "h" || name == "help" {
			return nil, true, nil
		}
		if on := t.toggle(name); on != nil && !inside {
			*on = true
			continue
		} else if on != nil {
			return nil, false, &Error{"-" + name, "the flag takes no value"}
		}
		if t.Find(name) == nil {
			return nil, false, &Error{"-" + name, "there is no such flag (-h shows them)"}
		}
		if !inside {
			if len(args) == 0 {
				return nil, false, &Error{"-" + name, "the flag needs an argument"}
			}
			text, args = args[0], args[1:]
		}
		list = append(list, Given{name, text, "flag", "-" + name})
	}
	return list, false, nil
}

// OneSwitch is an error when more than one switch is on: each is what the program does instead of its work.
func (t *Table) OneSwitch() error {
	var on []string
	for _, s := range t.Switches {
		if *s.On {
			on = append(on, "-"+s.Name)
		}
	}
	if len(on) > 1 {
		return &Error{"command line", "one at a time: " + strings.Join(on, " ")}
	}
	return nil
}

// toggle is the variable of a switch, nil for none.
func (t *Table) toggle(name string) *bool {
	for _, s := range t.Switches {
		if s.Name == name {
			return s.On
		}
	}
	return nil
}

// ParseEnvironment reads the variables with the table's prefix out of a list as os.Environ makes it. One that is empty
// counts as not set.
func (t *Table) ParseEnvironment(list []string) (given []Given, err error) {
	for _, v := range list {
		name, text, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, t.Prefix) || t.isReserved(name) {
			continue
		}
		s := t.ofVariable(name)
		if s == nil {
			return nil, &Error{name, "the environment has a variable that is no setting"}
		}
		if text != "" {
			given = append(given, Given{s.Name, text, "environment", name})
		}
	}
	return given, nil
}

func (t *Table) isReserved(name string) bool {
	for _, r := range t.Reserved {
		if name == r {
			return true
		}
	}
	return false
}

func (t *Table) ofVariable(name string) *Setting {
	for i := range t.Settings {
		if t.Variable(t.Settings[i].Name) == name {
			return &t.Settings[i]
		}
	}
	return nil
}
