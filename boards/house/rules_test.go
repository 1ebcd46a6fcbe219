package house

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	maxColumns   = 120
	maxFileLines = 400
	maxTestLines = 500
	maxFuncLines = 70
	tabColumns   = 1 // as the linter counts
)

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		lines := strings.Split(strings.TrimSuffix(s.text, "\n"), "\n")
		limit := maxFileLines
		if s.test {
			limit = maxTestLines
		}
		if len(lines) > limit {
			t.Errorf("%s has %d lines, more than %d: give one of its nouns a file of its own", s.path, len(lines), limit)
		}
		for i, line := range lines {
			n := utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
			if n > maxColumns {
				t.Errorf("%s:%d has %d columns, more than %d: name a part of it", s.path, i+1, n, maxColumns)
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDecl); ok && !s.test && s.lines(f) > maxFuncLines {
				t.Errorf("%s: func %s has %d lines, more than %d: name its steps",
					s.at(f.Pos()), f.Name.Name, s.lines(f), maxFuncLines)
			}
			return true
		})
	}
}

// A file is named for the noun that it holds.
func TestFileNames(t *testing.T) {
	for _, s := range sources(t) {
		name := s.path[strings.LastIndexByte(s.path, '/')+1:]
		switch strings.TrimSuffix(strings.TrimSuffix(name, ".go"), "_test") {
		case "utils", "util", "types", "common", "helpers", "misc":
			t.Errorf("%s: name the file for the noun in it, or move each part to the file of its noun", s.path)
		}
	}
}

// starters are the files that may start goroutines.
var starters = map[string]string{
	"poll/offload.go":             "Loop.Go's workers",
	"poll/watchdog.go":            "it watches the loop from beside it",
	"poll/tlsconn/handshake.go":   "crypto/tls cannot handshake without blocking, and its arithmetic would stall the loop",
	"webapp/httpbridge/writer.go": "a handler of net/http blocks",
}

// One goroutine, one loop: what must not stall it goes through loop.Go.
func TestGoStatements(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || starters[s.path] != "" || s.under(programs...) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: go statement: use Loop.Go(work, then), or Loop.Post from a goroutine of the caller", s.at(g.Pos()))
			}
			return true
		})
	}
}

// The clock is read by the kernel only; everything else asks the loop, so that
// it runs in virtual time.
func TestClock(t *testing.T) {
	kernels := map[string]bool{
		"poll/kernel_epoll.go": true, "poll/kernel_kqueue.go": true, "poll/sockopt_unix.go": true,
	}
	for _, s := range sources(t) {
		if s.test || kernels[s.path] || s.under("bench", "boards/emulated") {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch {
			case isCall(n, "time", "Now", "Since", "Until"):
				t.Errorf("%s: reads the clock: use Loop.Now for deadlines, Loop.Time for dates", s.at(n.Pos()))
			case isCall(n, "time", "NewTimer", "NewTicker", "Tick", "AfterFunc", "Sleep", "After"):
				if !s.under("poll/polltest") && s.path != "poll/loop.go" && s.path != "poll/watchdog.go" && !s.under(programs...) {
					t.Errorf("%s: a Go timer: use Loop.Arm with an embedded poll.Timer", s.at(n.Pos()))
				}
			}
			return true
		})
	}
}

// 64-bit atomics on plain fields panic on 386, arm and mips when unaligned.
func TestAtomics(t *testing.T) {
	var names []string
	for _, op := range []string{"Add", "Load", "Store", "Swap", "CompareAndSwap"} {
		for _, typ := range []string{"Int32", "Int64", "Uint32", "Uint64", "Uintptr"} {
			names = append(names, op+typ)
		}
	}
	for _, s := range sources(t) {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if isCall(n, "atomic", names...) {
				t.Errorf("%s: use a field of type atomic.Int64 or its kin: a plain one may be unaligned", s.at(n.Pos()))
			}
			return true
		})
	}
}

// Exported names are documented, with a comment of their own or of their group.
func TestExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.ast.Name.Name == "main" {
			continue
		}
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
					t.Errorf("%s: func %s: say what it does, and of each slice who owns it", s.at(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				checkDecl(t, s, d)
			}
		}
	}
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

func checkDecl(t *testing.T, s *source, d *ast.GenDecl) {
	if d.Tok == token.IMPORT || d.Doc != nil && d.Tok != token.TYPE {
		return
	}
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc == nil && d.Doc == nil {
				t.Errorf("%s: type %s: say what it is for", s.at(spec.Pos()), spec.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && spec.Doc == nil && spec.Comment == nil {
					t.Errorf("%s: %s: say what it means", s.at(spec.Pos()), name.Name)
				}
			}
		}
	}
}

// next is the reading order: each file of the chain names the one after it.
var next = []struct{ file, names string }{
	{"README.md", "poll/doc.go"},
	{"poll/doc.go", "loop.go"},
	{"poll/doc.go", "webapp"},
	{"webapp/doc.go", "conn.go"},
	{"webapp/doc.go", "eio"},
	{"eio/doc.go", "session.go"},
	{"eio/doc.go", "sio"},
	{"sio/doc.go", "socket.go"},
}

func TestReadingOrder(t *testing.T) {
	for _, n := range next {
		text, err := os.ReadFile(filepath.Join(root, n.file))
		if err != nil {
			t.Errorf("%s is missing: it is part of the reading order", n.file)
			continue
		}
		tail := string(text)
		if strings.HasSuffix(n.file, ".go") {
			tail = tail[max(0, strings.LastIndex(strings.ToLower(tail), "read next")):]
			if !strings.HasPrefix(strings.ToLower(tail), "read next") {
				t.Errorf(`%s: end it with "Read next: ..."`, n.file)
				continue
			}
		}
		if !strings.Contains(tail, n.names) {
			t.Errorf("%s: what to read next is %s: name it", n.file, n.names)
		}
	}
	for _, pkg := range []string{"poll", "poll/polltest", "webapp", "webapp/ws", "eio", "sio"} {
		if _, err := os.Stat(filepath.Join(root, pkg, "doc.go")); err != nil {
			t.Errorf("%s has no doc.go: a package starts with its contract", pkg)
		}
	}
}

// No file knows where its author's machine keeps things.
func TestNoPathsOfThisMachine(t *testing.T) {
	var paths []string
	for _, dir := range []string{"work", "root", "tmp/plan", "home"} {
		paths = append(paths, "/"+dir+"/")
	}
	walk(t, func(path string) {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 1<<20 || strings.Contains(string(text[:min(len(text), 512)]), "\x00") ||
			strings.HasPrefix(path, "sio/dist/") {
			return
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, p := range paths {
				if at := strings.Index(line, p); at == 0 || at > 0 && strings.ContainsRune(" \t\"'`=(:", rune(line[at-1])) {
					t.Errorf("%s:%d names %s...: make it relative, a flag or a variable", path, i+1, p)
				}
			}
		}
	})
}
