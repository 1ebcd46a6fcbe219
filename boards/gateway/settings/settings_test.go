package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// box is a program's settings, one of each kind.
type box struct {
	file, name, mode string
	conns, each      int
	grace            time.Duration
	wait             time.Duration
	most             Bytes
	quick            bool
	table            *Table
}

func newBox() *box {
	b := new(box)
	b.table = &Table{Prefix: "BOX_", Reserved: []string{"BOX_INNER"}, Switches: []Switch{{"quick", "be quick", &b.quick}},
		Settings: []Setting{
			{Name: "config", Outer: true, Value: Text{P: &b.file}},
			{Name: "name", Unit: "text", Def: "a box", Doc: "what it is called", Change: Replace, Value: Text{P: &b.name}},
			{Name: "mode", Def: "fast", Value: Choice{&b.mode, []string{"", "slow", "fast"}}},
			{Name: "max-conns", Def: "10", Value: Number{P: &b.conns, Min: 1, Max: 100}},
			{Name: "wait", Def: "90s", Value: Duration{P: &b.wait, Min: time.Second, Max: time.Hour}},
			{Name: "each", Def: "auto", Value: Number{P: &b.each, Min: 1, Max: 100, Off: true, Auto: true}},
			{Name: "grace", Def: "off", Value: Duration{P: &b.grace, Min: time.Second, Max: time.Hour, Off: true}},
			{Name: "most", Def: "auto", Value: Size{P: &b.most, Min: 1, Max: 1 << 40, Off: true, Auto: true}},
		}}
	return b
}

// What a file says, or where it is wrong.
func TestParseFile(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"\n# nothing\n  \t# here\r\n":       "",
		"name box":                          "name=box@file:1",
		"\r\n name\tbox\t# no\r\nmode slow": "name=box@file:2 mode=slow@file:3",
		`name "a \"b\" \\ # c"`:             `name=a "b" \ # c@file:1`,
		`mode ""#gone`:                      "F:1:8: a value is one word, or stands in quotes",
		`mode "" # gone`:                    "mode=@file:1",
		"name box#1":                        "name=box#1@file:1",
		"name":                              `F:1:5: name needs a value: "" for nothing`,
		"name # box":                        `F:1:5: name needs a value: "" for nothing`,
		"name a box":                        "F:1:8: a value is one word, or stands in quotes",
		`name "a" box`:                      "F:1:10: a value is one word, or stands in quotes",
		`name "a`:                           "F:1:6: the quote does not end",
		`name a"b"`:                         "F:1:7: a quote within a word",
		`name "a\n"`:                        "F:1:8: a backslash stands before a quote or a backslash only",
		"\nnames box":                       `F:2:1: unknown setting "names"`,
		"Name box":                          `F:1:1: unknown setting "Name"`,
		"name=box 1":                        `F:1:1: unknown setting "name=box"`,
		"config x":                          "F:1:1: config cannot stand in the file",
		"name a\nmode slow\n  name b":       "F:3:3: name stands in file:1 already",
		"name ä\x00":                        "F:1:7: a control character, or bytes that are not UTF-8",
		"name \xff":                         "F:1:6: a control character, or bytes that are not UTF-8",
		"\ufeffname a":                      "name=a@file:1",
		"name a\n\ufeffmode slow":           "F:2:1: unknown setting \"\ufeffmode\"",
		strings.Repeat("x", 100):            `F:1:1: unknown setting "` + strings.Repeat("x", 40) + `"...`,
		strings.Repeat("\n", 2001):          "F:2001:1: more than 2000 lines",
		strings.Repeat("#", 1<<16+1):        "F: more than 65536 bytes",
	} {
		list, err := newBox().table.ParseFile("F", text)
		var words []string
		for _, g := range list {
			words = append(words, g.Name+"="+g.Text+"@"+g.From)
		}
		got := strings.Join(words, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.60q: %s, want %s", text, got, want)
		}
	}
}

// A file is bounded before it is read, and what cannot be opened is named.
func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(path, []byte("name box\nwait 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBox()
	list, err := b.table.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.table.Apply(list); err == nil || !strings.HasPrefix(err.Error(), path+":2:6: want a time") {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{path + "x", filepath.Dir(path), "/dev/zero"} {
		if _, err := b.table.ReadFile(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// What values are taken, and how they are shown.
func TestValues(t *testing.T) {
	const no = "\x00"
	for _, v := range []struct{ name, text, shown string }{
		{"name", "", ""}, {"name", "a b", "a b"}, {"name", "a\nb", no}, {"name", "\xff", no},
		{"name", strings.Repeat("x", 4096), strings.Repeat("x", 4096)}, {"name", strings.Repeat("x", 4097), no},
		{"mode", "slow", "slow"}, {"mode", "", ""}, {"mode", "Slow", no}, {"mode", "slow ", no},
		{"max-conns", "1", "1"}, {"max-conns", "100", "100"}, {"max-conns", "0", no}, {"max-conns", "101", no},
		{"max-conns", "+5", no}, {"max-conns", "05", no}, {"max-conns", "", no}, {"max-conns", "5.0", no},
		{"max-conns", "99999999999999999999", no},
		{"each", "auto", "auto"}, {"each", "off", "off"}, {"each", "-1", "off"}, {"each", "7", "7"}, {"each", "0", no},
		{"each", "-2", no}, {"max-conns", "off", no}, {"max-conns", "-1", no}, {"max-conns", "auto", no},
		{"grace", "off", "off"}, {"grace", "0", "off"}, {"grace", "0s", "off"}, {"grace", "1ns", no}, {"grace", "1s", "1s"},
		{"grace", "-1s", no}, {"grace", "auto", no}, {"wait", "off", no}, {"wait", "0", no},
		{"wait", "1s", "1s"}, {"wait", "60s", "1m"}, {"wait", "1h", "1h"}, {"wait", "1m30s", "1m30s"},
		{"wait", "1500ms", "1.5s"}, {"wait", "999ms", no}, {"wait", "2h", no}, {"wait", "5", no}, {"wait", "-5s", no},
		{"most", "1", "1"}, {"most", "1000", "1000"}, {"most", "64K", "64K"}, {"most", "32M", "32M"},
		{"most", "4G", "4G"},
		{"most", "1024K", "1M"}, {"most", "1025", "1025"}, {"most", "off", "off"}, {"most", "auto", "auto"},
		{"most", "", no},
		{"most", "0", no}, {"most", "0M", no}, {"most", "M", no}, {"most", "-1", no}, {"most", "1.5M", no},
		{"most", "64m", no},
		{"most", "64MB", no}, {"most", "4294967296", no}, {"most", "4294967295G", no}, {"most", "+1", no},
		{"most", "on", no},
	} {
		b := newBox()
		if err := b.table.Apply(); err != nil {
			t.Fatal(err)
		}
		value := b.table.Find(v.name).Value
		before := value.String()
		switch err := value.Set(v.text); {
		case v.shown == no && (err == nil || value.String() != before):
			t.Errorf("%s %.20q is taken as %q", v.name, v.text, value)
		case v.shown == no:
		case err != nil || value.String() != v.shown || value.Set(v.shown) != nil || value.String() != v.shown:
			t.Errorf("%s %.20q: %q, %v", v.name, v.text, value, err)
		}
	}
}

func TestChoiceNamesItsWords(t *testing.T) {
	err := newBox().table.Find("mode").Value.Set("brisk")
	if err == nil || err.Error() != `want nothing, slow or fast, not "brisk"` {
		t.Error(err)
	}
}

func TestParseFlags(t *testing.T) {
	for _, v := range []struct {
		args string
		want string // settings, then "quick", or the error
	}{
		{"", ""},
		{"-name a --name=b -wait 5s --quick", "name=a name=b wait=5s quick"},
		{"-name= -mode -quick", "name= mode=-quick"},
		{"-name", "-name: the flag needs an argument"},
		{"-nam x", "-nam: there is no such flag (-h shows them)"},
		{"-quick=true", "-quick: the flag takes no value"},
		{"-name a b -wait 5s", `command line: no flag: "b"`},
		{"-", `command line: no flag: "-"`},
		{"--", `command line: no flag: "--"`},
		{"---name x", "--name: there is no such flag (-h shows them)"},
		{"-name a -h -what", "help"},
		{"--help", "help"},
	} {
		b := newBox()
		list, help, err := b.table.ParseFlags(strings.Fields(v.args))
		var words []string
		for _, g := range list {
			words = append(words, g.Name+"="+g.Text)
		}
		if b.quick {
			words = append(words, "quick")
		}
		got := strings.Join(words, " ")
		switch {
		case err != nil:
			got = err.Error()
		case help:
			got = "help"
		}
		if got != v.want {
			t.Errorf("%s: %s, want %s", v.args, got, v.want)
		}
	}
}

func TestParseEnvironment(t *testing.T) {
	table := newBox().table
	list, err := table.ParseEnvironment([]string{"HOME=/", "BOX_INNER=x", "BOX_MAX_CONNS=7", "BOX_NAME=",
		"BOX_MODE=a=b", "BOXES=1"})
	want := []Given{{"max-conns", "7", "environment", "BOX_MAX_CONNS"}, {"mode", "a=b", "environment", "BOX_MODE"}}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("%v, %v", list, err)
	}
	for _, bad := range []string{"BOX_MAXCONNS=1", "BOX_max_conns=1", "BOX_=", "BOX_max-conns=1"} {
		if _, err := table.ParseEnvironment([]string{bad}); err == nil || !strings.Contains(err.Error(), "no setting") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// Each source wins over those before it, and what wins is told.
func TestApply(t *testing.T) {
	b := newBox()
	file, err := b.table.ParseFile("F", "wait 2s\nmost 1M\nmax-conns 3\n")
	if err != nil {
		t.Fatal(err)
	}
	profile := []Given{FromProfile("p", "most", "5M"), FromProfile("p", "mode", "slow")}
	flags, _, _ := b.table.ParseFlags([]string{"-max-conns", "4", "-max-conns", "5"})
	environment, _ := b.table.ParseEnvironment([]string{"BOX_WAIT=3s", "BOX_MAX_CONNS=6"})
	if err := b.table.Apply(profile, file, environment, flags); err != nil {
		t.Fatal(err)
	}
	const want = `name                    "a box"                 # default
mode                    slow                    # profile p
max-conns               5                       # flag
wait                    3s                      # environment
each                    auto                    # default
grace                   off                     # default
most                    1M                      # file:2
`
	if got := string(b.table.AppendFile(nil)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if Last(flags, "max-conns", "") != "5" || Last(flags, "wait", "none") != "none" {
		t.Error("Last")
	}
	for _, bad := range []Given{FromProfile("p", "most", "x"), FromProfile("p", "gone", "1")} {
		if err := b.table.Apply([]Given{bad}); err == nil || !strings.HasPrefix(err.Error(), "profile p: "+bad.Name+": ") {
			t.Errorf("%v", err)
		}
	}
}

// A table takes what changed in another one, and only the kind that is asked for.
func TestTake(t *testing.T) {
	b, next := newBox(), newBox()
	flags, _, _ := next.table.ParseFlags([]string{"-max-conns", "5", "-name", "c", "-wait", "90s"})
	if b.table.Apply() != nil || next.table.Apply(flags) != nil {
		t.Fatal("flags")
	}
	if later := b.table.Changed(next.table, Replace); !reflect.DeepEqual(later, []string{"name"}) {
		t.Errorf("%v", later)
	}
	if got := b.table.Take(next.table, Live); !reflect.DeepEqual(got, []string{"max-conns"}) || b.conns != 5 ||
		b.name != "a box" {
		t.Errorf("%+v, changed are %v", b, got)
	}
	// "wait" has the same value as before, and now somebody wants it.
	for name, want := range map[string]bool{"max-conns": true, "wait": true, "mode": false, "name": false} {
		if s := b.table.Find(name); s.Asked() != want {
			t.Errorf("%s comes from %s", name, s.From())
		}
	}
}

func TestAppendHelp(t *testing.T) {
	b := newBox()
	b.table.Settings = b.table.Settings[1:2]
	b.table.Settings[0].Doc = strings.Repeat("word ", 30)
	got := string(b.table.AppendHelp(nil))
	want := "  -name text (default a box)\n        " + strings.TrimSpace(strings.Repeat("word ", 18)) + "\n        " +
		strings.TrimSpace(strings.Repeat("word ", 12)) + "\n  -quick\n        be quick\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Any file is taken whole or refused with its place, and what was taken is shown as a file that says the same.
func FuzzParseFile(f *testing.F) {
	for _, text := range []string{"", "name box\nmode slow # x\nmax-conns 7\nwait 1m30s\nmost 64M",
		`name "a \"b\" \\ # c"`, "name a\nname b", "mode \"\"\nmost off", "name \"\\", "name ä\x00", "\r\n\r",
		"config x", "most auto\n\twait\t500ms"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, again := newBox(), newBox()
		list, err := b.table.ParseFile("F", text)
		if err == nil {
			err = b.table.Apply(list)
		}
		if err != nil {
			if list == nil && !strings.HasPrefix(err.Error(), "F") {
				t.Errorf("no place in %v", err)
			}
			return
		}
		shown := string(b.table.AppendFile(nil))
		list, err = again.table.ParseFile("G", shown)
		if err != nil || again.table.Apply(list) != nil {
			t.Fatalf("%q is shown as %q: %v", text, shown, err)
		}
		b.table, again.table = nil, nil
		if *b != *again {
			t.Errorf("%+v is shown as %q, which is %+v", b, shown, again)
		}
	})
}
