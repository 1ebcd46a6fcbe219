package webapp

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

const featureHead = `# The platform's web surface

Every name of EdgerOS' webapp and iosched, with its form in Go and a test that shows it. This file is made from
features.txt by ` + "`go test ./webapp -run TestFeatures -update`" + `; a row whose test or
form does not exist fails that test.
`

// Every row has a test that exists and a form that exists, and README.md shows them.
func TestFeatures(t *testing.T) {
	text := string(must(os.ReadFile("features.txt")))
	names := declared(t)
	out, rows := featureHead, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "== "); ok {
			out += "\n## " + title + "\n\n| name | in Go | test |\n|---|---|---|\n"
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
		out += featureRow(t, names, cell)
		rows++
	}
	if rows < 90 {
		t.Errorf("%d rows", rows)
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have := string(must(os.ReadFile("README.md"))); have != out {
		t.Error("README.md is not that of features.txt: run go test ./webapp -run TestFeatures -update")
	}
}

// featureRow checks a feature and returns its row of the table.
func featureRow(t *testing.T, names map[string]bool, cell []string) string {
	name, test, form := cell[0], cell[2], cell[3]
	if !names[test] || !strings.Contains(test, "Test") {
		t.Errorf("%s: there is no test %q", name, test)
	}
	if cell[1] != "" {
		var list []string
		for _, f := range strings.Split(cell[1], ",") {
			if f = strings.TrimSpace(f); !names[f] {
				t.Errorf("%s: there is no %q", name, f)
			}
			list = append(list, "`"+f+"`")
		}
		if form = strings.Join(list, ", "); cell[3] != "" {
			form += "; " + cell[3]
		}
	}
	return fmt.Sprintf("| %s | %s | %s |\n", name, form, test)
}

// declared are the names of the packages: Type.Member, Name, and of tests; those
// of webapp without a prefix.
func declared(t *testing.T) map[string]bool {
	names := make(map[string]bool)
	for prefix, dir := range map[string]string{"": ".", "poll.": "../poll", "tlsconn.": "../poll/tlsconn",
		"templates.": "templates", "middleware.": "middleware", "websocket.": "websocket", "eos.": "../eos"} {
		files := must(filepath.Glob(filepath.Join(dir, "*.go")))
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				declare(names, prefix, d)
			}
		}
	}
	return names
}

func declare(names map[string]bool, prefix string, d ast.Decl) {
	if f, ok := d.(*ast.FuncDecl); ok {
		owner := ""
		if f.Recv != nil {
			typ := f.Recv.List[0].Type
			if star, ok := typ.(*ast.StarExpr); ok {
				typ = star.X
			}
			if id, ok := typ.(*ast.Ident); ok {
				owner = id.Name + "."
			}
		}
		names[prefix+owner+f.Name.Name] = true
		return
	}
	for _, spec := range d.(*ast.GenDecl).Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, id := range spec.Names {
				names[prefix+id.Name] = true
			}
		case *ast.TypeSpec:
			owner := prefix + spec.Name.Name
			names[owner] = true
			var list *ast.FieldList
			switch typ := spec.Type.(type) {
			case *ast.StructType:
				list = typ.Fields
			case *ast.InterfaceType:
				list = typ.Methods
			default:
				continue
			}
			for _, f := range list.List {
				for _, id := range f.Names {
					names[owner+"."+id.Name] = true
				}
			}
		}
	}
}

var (
	inBrackets = regexp.MustCompile(`\([^()]*\)|\{[^{}]*\}`)
	aName      = regexp.MustCompile(`[A-Za-z]+(\.[A-Za-z]+)?`)
)

// Where ../shared stands beside the project, every name of its sections 4 and 5 is
// in a row, which may still wait for its work behind a #.
func TestFeaturesAreAllThere(t *testing.T) {
	list, err := os.ReadFile("../../shared/edgeros.md")
	if err != nil {
		t.Skip("no ../shared/edgeros.md here")
	}
	_, text, _ := strings.Cut(string(list), "\n## 4.")
	text, _, _ = strings.Cut(text, "\n## 6.")
	text = strings.ReplaceAll(text, "\n  ", " ")
	first := make(map[string]bool)
	for line := range strings.Lines(string(must(os.ReadFile("features.txt")))) {
		name, _, _ := strings.Cut(line, "|")
		for _, w := range aName.FindAllString(name, -1) {
			first[w] = true
		}
	}
	const prose = " events error handlers argument methods json methods basic auth limit kB each more is defaults true " +
		"days a miss calls next until parser ran iosched "
	n := 0
	for line := range strings.Lines(text) {
		label, rest, ok := strings.Cut(line, ": ")
		switch strings.TrimPrefix(label, "- ") {
		case "app", "request", "response", "middleware":
		default:
			continue
		}
		rest, _, _ = strings.Cut(rest, ". ")
		for _, w := range aName.FindAllString(inBrackets.ReplaceAllString(rest, ""), -1) {
			if n++; ok && !first[w] && !strings.Contains(prose, " "+w+" ") {
				t.Errorf("%q has no row", w)
			}
		}
	}
	if n < 60 {
		t.Errorf("%d names found", n)
	}
}
