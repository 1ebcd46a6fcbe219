package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// setting is a flag of the gateway, and a line of its file, as its help text tells: the manual page and the default
// settings are made of these, and cannot be older than the program.
type setting struct {
	Name, Unit string // "", of a switch, which does not stand in the file
	Default    string // "": none
	Doc        string // in one line
	Given      string // what the package sets
}

// given are the settings of a package that are not the program's defaults.
var given = map[string]string{
	"listen": ":8000", // a box serves its network; everything but who may sign in is open to it
	"users":  "/etc/edgesio/users",
	"key":    "/etc/edgesio/key",
}

// askSettings runs the gateway of this machine, or builds it.
func askSettings(program string) ([]setting, error) {
	c := exec.Command(program, "-h")
	if program == "" {
		c = exec.Command("go", "run", "-pgo=off", "./boards/gateway", "-h")
	}
	help, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("gateway -h: %w\n%s", err, help)
	}
	return parseSettings(string(help))
}

// head is the first line of a flag: its name, what its value is, and the default.
var head = regexp.MustCompile(`^  -([a-z0-9-]+)(?: (\S+))?(?: \(default (.+)\))?$`)

// parseSettings reads the help text: behind a head the lines of the description are indented by more.
func parseSettings(help string) (list []setting, err error) {
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, "\n")
		if f := head.FindStringSubmatch(line); f != nil {
			list = append(list, setting{Name: f[1], Unit: f[2], Default: f[3], Given: given[f[1]]})
		} else if text, ok := strings.CutPrefix(line, "        "); ok && len(list) > 0 {
			s := &list[len(list)-1]
			s.Doc = strings.TrimPrefix(s.Doc+" "+text, " ")
		}
	}
	missing := len(given)
	for _, s := range list {
		if s.Doc == "" {
			return nil, fmt.Errorf("gateway -h does not describe -%s", s.Name)
		}
		if s.Given != "" {
			missing--
		}
	}
	if missing != 0 {
		return nil, fmt.Errorf("gateway -h does not have all settings that a package gives: %v", given)
	}
	return list, nil
}

// InFile tells whether the setting may stand in the file.
func (s setting) InFile() bool { return s.Unit != "" && s.Name != "config" }

// Value is the default as a line of the file has it.
func (s setting) Value() string {
	if s.Default == "" {
		return `""`
	}
	return s.Default
}

// Comment is the description as lines of the file.
func (s setting) Comment() string {
	b, column := "", 0
	for word := range strings.FieldsSeq(s.Doc) {
		if column+1+len(word) > 98 || column == 0 {
			b, column = b+"\n#", 1
		}
		b, column = b+" "+word, column+1+len(word)
	}
	return b[1:]
}

// Roff is the description as text of a manual page: roff's own character is doubled, and no line begins a request.
func (s setting) Roff() string {
	text := strings.ReplaceAll(s.Doc, `\`, `\e`)
	if strings.ContainsAny(text[:1], ".'") {
		text = `\&` + text
	}
	return text
}
