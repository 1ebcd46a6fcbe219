// Package house holds the rules of the project as tests. They read the files
// with go/parser, so that they see what is on the disk and not what the build
// cache remembers, and every failure names what to do instead.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/edgesio/edgesio"
)

// source is one Go file of the main module.
type source struct {
	path string // from the root, with slashes
	dir  string // the package: "poll", "webapp/ws"
	test bool
	text string
	set  *token.FileSet
	ast  *ast.File
}

// at tells a place for a failure.
func (s *source) at(p token.Pos) string {
	return s.path + ":" + itoa(s.set.Position(p).Line)
}

// lines is the number of lines that a node takes.
func (s *source) lines(n ast.Node) int {
	return s.set.Position(n.End()).Line - s.set.Position(n.Pos()).Line + 1
}

// under tells whether the file is in one of the directories or below; only below
// for a name with a slash at its end.
func (s *source) under(dirs ...string) bool {
	for _, d := range dirs {
		if in(s.dir, d) {
			return true
		}
	}
	return false
}

// in is under for a package's path.
func in(pkg, folder string) bool {
	return pkg == folder || strings.HasPrefix(pkg, strings.TrimSuffix(folder, "/")+"/")
}

// walk visits the files of the main module: not hidden ones, not nested modules,
// not what tools bring.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			_, nested := os.Stat(filepath.Join(path, "go.mod"))
			hidden := strings.HasPrefix(d.Name(), ".") && rel != "." && rel != ".ci"
			if hidden || rel != "." && nested == nil || d.Name() == "node_modules" || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() && rel != ".git" { // a file in a worktree
			visit(filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources parses every Go file.
func sources(t *testing.T) []*source {
	t.Helper()
	var all []*source
	walk(t, func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := "."
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			dir = path[:i]
		}
		test := strings.HasSuffix(path, "_test.go")
		all = append(all, &source{path, dir, test, string(text), set, f})
	})
	if len(all) < 50 {
		t.Fatalf("only %d Go files found: the rules look in the wrong place", len(all))
	}
	return all
}

// isCall tells whether n calls pkg.name, for one of the names.
func isCall(n ast.Node, pkg string, names ...string) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok || x.Name != pkg {
		return false
	}
	for _, name := range names {
		if sel.Sel.Name == name {
			return true
		}
	}
	return false
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}
