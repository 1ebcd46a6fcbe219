package house

import (
	"go/ast"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// limitRow is a line of boards/limits.txt.
type limitRow struct{ fallback, consequence, told, test string }

func limitRows(t *testing.T) map[string]limitRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "boards/limits.txt"))
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]limitRow)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		c := strings.Split(strings.TrimSpace(line), " | ")
		if len(c) != 5 || rows[c[0]] != (limitRow{}) {
			t.Errorf("boards/limits.txt: %q: want five columns, once for each option", line)
			continue
		}
		rows[c[0]] = limitRow{c[1], c[2], c[3], c[4]}
	}
	return rows
}

// limited are the packages whose options bound what peers may do.
var limited = map[string]string{
	"poll": "poll", "poll/tlsconn": "tlsconn", "webapp": "webapp", "webapp/websocket": "websocket",
	"webapp/middleware": "middleware", "eio": "eio", "eio/v06": "v06", "sio": "sio",
}

// TestLimits: boards/limits.txt has every number and every time of every options
// struct, with the default that the code sets, and names tests that exist.
func TestLimits(t *testing.T) {
	rows, tests, engine := limitRows(t), make(map[string]bool), make(map[string]bool)
	defaults := make(map[string]map[string]bool) // by package and field
	type option struct{ name, field, dir string }
	var options []option
	for _, s := range sources(t) {
		pkg, is := limited[s.dir]
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				tests[n.Name.Name] = true
			case *ast.CallExpr:
				if field, value, ok := fallbackOf(n); ok && is && !s.test {
					key := s.dir + "." + field
					if defaults[key] == nil {
						defaults[key] = make(map[string]bool)
					}
					defaults[key][value] = true
				}
			case *ast.TypeSpec:
				if is && !s.test && isOptions(n) {
					for _, field := range numbers(n) {
						options = append(options, option{pkg + "." + n.Name.Name + "." + field, field, s.dir})
						engine[field] = engine[field] || s.dir == "eio"
					}
				}
			}
			return true
		})
	}
	if len(options) < 100 {
		t.Fatalf("only %d options were found", len(options))
	}
	for _, o := range options {
		row, ok := rows[o.name]
		delete(rows, o.name)
		set := defaults[o.dir+"."+o.field]
		switch {
		case !ok && o.dir == "sio" && engine[o.field]: // see eio
		case !ok:
			t.Errorf("boards/limits.txt has no row for %s", o.name)
		case set == nil && row.fallback != "none", set != nil && !set[strings.ReplaceAll(row.fallback, " ", "")]:
			t.Errorf("boards/limits.txt: the default of %s is %v, not %q", o.name, set, row.fallback)
		case row.test != "-" && !tests[row.test]:
			t.Errorf("boards/limits.txt: %s: there is no %s", o.name, row.test)
		}
	}
	for name := range rows {
		t.Errorf("boards/limits.txt: there is no option %s", name)
	}
}

func isOptions(n *ast.TypeSpec) bool {
	for _, end := range []string{"Options", "Limits", "Deflate", "ConnectionStateRecovery"} {
		if n.Name.IsExported() && strings.HasSuffix(n.Name.Name, end) {
			return true
		}
	}
	return false
}

// numbers are the exported fields of a struct that are a number or a time.
func numbers(n *ast.TypeSpec) (names []string) {
	s, ok := n.Type.(*ast.StructType)
	if !ok {
		return nil
	}
	for _, f := range s.Fields.List {
		switch text(f.Type) {
		case "int", "int64", "time.Duration":
			for _, name := range f.Names {
				if name.IsExported() {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

// fallbackOf reads set(&o.Field, value).
func fallbackOf(n *ast.CallExpr) (field, value string, ok bool) {
	if id, is := n.Fun.(*ast.Ident); !is || id.Name != "set" || len(n.Args) != 2 {
		return "", "", false
	}
	at, is := n.Args[0].(*ast.UnaryExpr)
	if !is {
		return "", "", false
	}
	sel, is := at.X.(*ast.SelectorExpr)
	if !is {
		return "", "", false
	}
	return sel.Sel.Name, text(n.Args[1]), true
}

// text prints an expression, without blanks.
func text(e ast.Expr) string {
	var b strings.Builder
	_ = printer.Fprint(&b, token.NewFileSet(), e) // a Builder takes everything
	return strings.ReplaceAll(b.String(), " ", "")
}
