package sio

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write README.md")

// feature is one row of features.txt.
type feature struct{ name, form, test, note string }

const howTo = "`go test ./sio -run TestFeatures -update`"

const featureHead = `# The whole surface

Every name of Socket.IO's server (2.x and 4.8) and Engine.IO's, with its form in Go and a test that shows it. This file
is made from features.txt by ` + howTo + `; a row whose test or
form does not exist fails that test. The stock clients of four generations run beside it: see interop.
`

// Every row has a test that exists and a form that exists, and README.md shows them.
func TestFeatures(t *testing.T) {
	text, err := os.ReadFile("features.txt")
	check(t, err)
	names := declared(t)
	out, rows := featureHead, 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "== "); ok {
			out += "\n## " + title + "\n\n| name | in Go | test |\n|---|---|---|\n"
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		cell := strings.Split(line, "|")
		if len(cell) != 4 {
			t.Fatalf("%s: want four cells", line)
		}
		f := feature{strings.TrimSpace(cell[0]), strings.TrimSpace(cell[1]), strings.TrimSpace(cell[2]),
			strings.TrimSpace(cell[3])}
		out += f.row(t, names)
		rows++
	}
	if rows < 150 {
		t.Errorf("%d rows", rows)
	}
	if *update {
		check(t, os.WriteFile("README.md", []byte(out), 0o644))
	}
	have, err := os.ReadFile("README.md")
	check(t, err)
	if string(have) != out {
		t.Error("README.md is not that of features.txt: run go test ./sio -run TestFeatures -update")
	}
}

// row checks a feature and returns its row of the table.
func (f feature) row(t *testing.T, names map[string]bool) string {
	if strings.HasPrefix(f.note, "not yet") {
		return fmt.Sprintf("| %s | **%s** | |\n", f.name, f.note)
	}
	if !names[f.test] {
		t.Errorf("%s: there is no test %q", f.name, f.test)
	}
	form := f.note
	if f.form != "" {
		var list []string
		for _, name := range strings.Split(f.form, ",") {
			name = strings.TrimSpace(name)
			if first, _, _ := strings.Cut(name, " "); !names[first] {
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

// declared are the names of the packages: Type.Member, Name, and of tests; those of sio without a prefix.
func declared(t *testing.T) map[string]bool {
	names := make(map[string]bool)
	for prefix, dir := range map[string]string{"": ".", "eio.": "../eio", "webapp.": "../webapp", "msgpack.": "msgpack"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		check(t, err)
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			check(t, err)
			for _, d := range file.Decls {
				declare(names, prefix, d)
			}
		}
	}
	return names
}

func declare(names map[string]bool, prefix string, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		owner := ""
		if d.Recv != nil {
			typ := d.Recv.List[0].Type
			if star, ok := typ.(*ast.StarExpr); ok {
				typ = star.X
			}
			if id, ok := typ.(*ast.Ident); ok {
				owner = id.Name + "."
			}
		}
		names[prefix+owner+d.Name.Name] = true
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
		for _, id := range f.Names {
			names[owner+id.Name] = true
		}
		if star, ok := f.Type.(*ast.StarExpr); ok && len(f.Names) == 0 {
			if id, ok := star.X.(*ast.Ident); ok {
				names[owner+id.Name] = true
			}
		}
	}
}

var quoted = regexp.MustCompile("`([^`]+)`")

// Where ../shared stands beside the project, every name of its list of features is in a row.
func TestFeaturesAreAllThere(t *testing.T) {
	list, err := os.ReadFile("../../shared/features.md")
	if err != nil {
		t.Skip("no ../shared/features.md here")
	}
	text, err := os.ReadFile("features.txt")
	check(t, err)
	for section := range strings.SplitSeq(string(list), "\n## ") {
		if strings.HasPrefix(section, "What none") {
			continue
		}
		for line := range strings.Lines(section) {
			var names []string
			if cells := strings.Split(line, "|"); len(cells) == 4 && cells[1] != " option " {
				names = strings.Split(cells[1], ",")
			} else {
				for _, m := range quoted.FindAllStringSubmatch(line, -1) {
					names = append(names, m[1])
				}
			}
			for _, name := range names {
				name = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(name), "(4)"))
				name, _, _ = strings.Cut(strings.TrimSpace(strings.TrimSuffix(name, "(2)")), "(")
				if name, _, _ = strings.Cut(name, "{"); strings.HasPrefix(strings.Trim(name, " "), "---") || name == "" {
					continue
				}
				if name = strings.TrimSpace(name); !strings.Contains(string(text), name) && !strings.ContainsAny(name, "/.*#)") {
					t.Errorf("%q has no row", name)
				}
			}
		}
	}
}
