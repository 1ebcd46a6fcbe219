package house

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the README.md files that are made from a features.txt")

const updateCommand = "go test ./boards/house -run TestFeatures -update"

// surface is a package whose README.md is the table of its features.txt.
type surface struct {
	dir      string
	head     string            // of README.md; COMMAND is the one above
	packages map[string]string // what a name starts with, and the directory of its package
	rows     int               // features.txt has at least so many

	shared   string   // the list in ../shared of what has to be there
	from, to string   // the part of it that counts starts and ends with these lines
	names    int      // it has at least so many
	prose    []string // what looks like a name there and is none
}

var surfaces = []surface{{
	dir: "webapp",
	head: `# The platform's web surface

Every name of EdgerOS' webapp and iosched, with its form in Go and a test that shows it. This file is made from
features.txt by COMMAND; a row whose test or
form does not exist fails that test.
`,
	packages: map[string]string{"": "webapp", "poll.": "poll", "tlsconn.": "poll/tlsconn",
		"templates.": "webapp/templates", "middleware.": "webapp/middleware", "jwt.": "webapp/middleware/jwt",
		"websocket.": "webapp/websocket", "eos.": "eos"},
	rows:   130,
	shared: "edgeros.md", from: "## 4.", to: "## 6.", names: 120,
	prose: []string{"channel", "index.html", "a plain WebSocket server on the same WebApp"},
}, {
	dir: "sio",
	head: `# The whole surface

Every name of Socket.IO's server (2.x and 4.8) and Engine.IO's, with its form in Go and a test that shows it. This file
is made from features.txt by COMMAND; a row whose test or
form does not exist fails that test. The stock clients of four generations run beside it: see interop.
`,
	packages: map[string]string{"": "sio", "eio.": "eio", "webapp.": "webapp", "msgpack.": "sio/msgpack"},
	rows:     190,
	shared:   "features.md", from: "## Server options", to: "## What none", names: 210,
	prose: []string{"chat#abc"},
}}

// Every row of a features.txt has a form that exists and a test that exists, and README.md shows them.
func TestFeatures(t *testing.T) {
	for _, s := range surfaces {
		t.Run(s.dir, func(t *testing.T) {
			forms, tests := s.declared(t)
			out, rows := strings.ReplaceAll(s.head, "COMMAND", "`"+updateCommand+"`"), 0
			for _, r := range s.features(t) {
				if r.title != "" {
					out += "\n## " + r.title + "\n\n| name | in Go | test |\n|---|---|---|\n"
					continue
				}
				out += r.check(t, forms, tests)
				rows++
			}
			if rows < s.rows {
				t.Errorf("%d rows, fewer than %d", rows, s.rows)
			}
			readme := filepath.Join(root, s.dir, "README.md")
			if *update {
				if err := os.WriteFile(readme, []byte(out), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if have := read(t, readme); have != out {
				t.Errorf("%s/README.md is not that of features.txt: run %s", s.dir, updateCommand)
			}
		})
	}
}

// feature is one row of features.txt, or a title between rows.
type feature struct{ title, name, form, test, note string }

func (s *surface) features(t *testing.T) []feature {
	t.Helper()
	var all []feature
	for line := range strings.Lines(read(t, filepath.Join(root, s.dir, "features.txt"))) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "== "); ok {
			all = append(all, feature{title: title})
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		cell := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|")
		if len(cell) != 4 {
			t.Fatalf("%s: want four cells", line)
		}
		for i := range cell {
			cell[i] = strings.ReplaceAll(strings.TrimSpace(cell[i]), "\x00", `\|`)
		}
		all = append(all, feature{"", cell[0], cell[1], cell[2], cell[3]})
	}
	return all
}

// check checks a feature and returns its row of the table. The form is a list of names, each with words
// after it or none; a note may stand for it.
func (f *feature) check(t *testing.T, forms, tests map[string]bool) string {
	if strings.HasPrefix(f.note, "not yet") {
		return fmt.Sprintf("| %s | **%s** | |\n", f.name, f.note)
	}
	if !tests[f.test] {
		t.Errorf("%s: there is no test %q", f.name, f.test)
	}
	form := f.note
	if f.form != "" {
		var list []string
		for name := range strings.SplitSeq(f.form, ",") {
			name = strings.TrimSpace(name)
			if first, _, _ := strings.Cut(name, " "); !forms[first] {
				t.Errorf("%s: there is no %q", f.name, first)
			}
			list = append(list, "`"+name+"`")
		}
		if form = strings.Join(list, ", "); f.note != "" {
			form += "; " + f.note
		}
	}
	return fmt.Sprintf("| %s | %s | %s |\n", f.name, form, f.test)
}

// declared are the names of the packages, Type.Member and Name, and apart from them those of the tests.
func (s *surface) declared(t *testing.T) (forms, tests map[string]bool) {
	t.Helper()
	forms, tests = make(map[string]bool), make(map[string]bool)
	for prefix, dir := range s.packages {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, path := range files {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				f, isFunc := d.(*ast.FuncDecl)
				switch {
				case !strings.HasSuffix(path, "_test.go"):
					declare(forms, prefix, d)
				case isFunc && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test"):
					tests[prefix+f.Name.Name] = true
				}
			}
		}
	}
	return forms, tests
}

func declare(names map[string]bool, prefix string, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			prefix += typeName(d.Recv.List[0].Type) + "."
		}
		names[prefix+d.Name.Name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					names[prefix+id.Name] = true
				}
			case *ast.TypeSpec:
				names[prefix+spec.Name.Name] = true
				members(names, prefix+spec.Name.Name+".", spec.Type)
			}
		}
	}
}

// members are the fields of a struct and the methods of an interface.
func members(names map[string]bool, owner string, typ ast.Expr) {
	var list *ast.FieldList
	switch typ := typ.(type) {
	case *ast.StructType:
		list = typ.Fields
	case *ast.InterfaceType:
		list = typ.Methods
	default:
		return
	}
	for _, f := range list.List {
		if len(f.Names) == 0 {
			names[owner+typeName(f.Type)] = true
		}
		for _, id := range f.Names {
			names[owner+id.Name] = true
		}
	}
}

// typeName is the name of a type or of what it points to.
func typeName(typ ast.Expr) string {
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	if id, ok := typ.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// Where ../shared stands beside the project, every name of its lists is in the first cell of a row; of a section that
// features.txt has too, in the first cell of a row there.
func TestFeaturesAreAllThere(t *testing.T) {
	for _, s := range surfaces {
		t.Run(s.dir, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, "..", "shared", s.shared))
			if err != nil {
				t.Skip("no ../shared/" + s.shared + " here")
			}
			there := s.named(t)
			_, part, from := strings.Cut(string(text), "\n"+s.from)
			part, _, to := strings.Cut(s.from+part, "\n"+s.to)
			n := 0
			for title, section := range sections(part) {
				if there[title] == nil {
					title = ""
				}
				for _, name := range listedIn(section) {
					if n++; !there[title][name] && !slices.Contains(s.prose, name) {
						t.Errorf("%q has no row in %s/features.txt %s", name, s.dir, title)
					}
				}
			}
			if !from || !to || n < s.names {
				t.Errorf("%d names between %q and %q, fewer than %d", n, s.from, s.to, s.names)
			}
		})
	}
}

// named are the names of the rows below each title, and below "" those of all.
func (s *surface) named(t *testing.T) map[string]map[string]bool {
	t.Helper()
	there := map[string]map[string]bool{"": {}}
	title := ""
	for _, f := range s.features(t) {
		if f.title != "" {
			title = f.title
			there[title] = make(map[string]bool)
		}
		for _, name := range namesIn(f.name) {
			there[title][name], there[""][name] = true, true
		}
	}
	return there
}

// sections are the titles of a page and what is below each.
func sections(page string) iter.Seq2[string, string] {
	return func(yield func(title, text string) bool) {
		for section := range strings.SplitSeq("\n"+page, "\n## ") {
			if title, text, ok := strings.Cut(section, "\n"); ok && !yield(title, text) {
				return
			}
		}
	}
}

var (
	inBrackets = regexp.MustCompile(`\([^()]*\)`)
	aKind      = regexp.MustCompile(`^(events? |channel |bodyParser |app\.|iosched\.)`)
	aList      = regexp.MustCompile(`^- [A-Za-z]+(?: module)?: (.*)`)
	quoted     = regexp.MustCompile("`([^`]+)`")
)

// namesIn are the names of a list, which may be one: without arguments and remarks in (), without quotes and
// without the kind of thing before them; those of fields in {} too.
func namesIn(list string) []string {
	for before := ""; before != list; {
		before, list = list, inBrackets.ReplaceAllString(list, "")
	}
	var names []string
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",;:/{}>", r) }) {
		name = aKind.ReplaceAllString(strings.Trim(name, " -.`'\"\n"), "")
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// listedIn are the names that a page lists: in the first column of a table; after "- label: ", to the end of
// the sentence; and in quotes.
func listedIn(page string) []string {
	var names []string
	for line := range strings.Lines(strings.ReplaceAll(page, "\n  ", " ")) {
		if cells := strings.Split(line, "|"); cells[0] == "" {
			if cells[1] != " option " {
				names = append(names, namesIn(cells[1])...)
			}
			continue
		}
		if m := aList.FindStringSubmatch(line); m != nil {
			list, _, _ := strings.Cut(m[1], ". ")
			names = append(names, namesIn(list)...)
		}
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			names = append(names, namesIn(m[1])...)
		}
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
