package house

import (
	"strconv"
	"strings"
	"testing"
)

// may is the table of who may import whom within the project: the row with the
// longest prefix of a package counts. Tests may import more, see testMay.
var may = []struct {
	pkg, imports, why string
}{
	{"poll", "", "the loop knows nothing of what runs on it"},
	{"poll/polltest", "poll", "it is a kernel for the loop"},
	{"poll/tlsconn", "poll", "it puts TLS between the loop and a handler"},
	{"poll/handover", "poll", "it starts the next process and carries bytes; what they mean is the program's"},
	{"eos", "", "the platform's rules stand alone"},
	{"webapp", "poll eos webapp/rate", "HTTP sits on the loop; protocols above it register themselves"},
	{"webapp/rate", "", "counting needs nobody: times and addresses come in as values"},
	{"webapp/words", "", "bytes as words of the machine: it knows nothing else"},
	{"webapp/ws", "poll webapp webapp/words", "frames know bytes, and the handshake a request"},
	{"webapp/websocket", "poll webapp webapp/ws eos", "plain WebSockets are carried by HTTP and frames"},
	{"webapp/websocket/rfc6455", "* -boards -bench", "the public suite of cases, on the servers that have WebSockets"},
	{"webapp/httpbridge", "poll webapp eos", "it runs handlers of net/http beside the loop"},
	{"webapp/clients", "poll webapp", "a test program"},
	{"webapp/middleware", "poll webapp eos", "what an app opts into"},
	{"webapp/templates", "poll webapp", "html/template for views: a program that has none does not link it"},
	{"eio", "poll webapp webapp/rate webapp/ws eos eio/internal/jstext", "Engine.IO is carried by HTTP and frames"},
	{"eio/internal", "", "text as JavaScript has it: bytes in, bytes out"},
	{"eio/v06", "poll webapp webapp/ws eio/internal/jstext", "the protocol of 2010 is carried by HTTP and frames, too"},
	{"eio/v06/browser", "* -boards -bench", "a test program"},
	{"sio", "poll webapp webapp/rate webapp/words webapp/ws eio eos", "Socket.IO is carried by Engine.IO"},
	{"sio/msgpack", "sio", "a wire form that a program opts into: others do not link it"},
	{"sio/metrics", "poll webapp eio sio", "it reads what the layers count: who has none does not link it"},
	{"sio/admin", "poll webapp eio sio", "the admin UI's namespace: who has none does not link it"},
	{"sio/handover", "poll poll/handover webapp sio", "a program that is replaced while it runs: others do not link it"},
	{"sio/sim", "* -boards -bench", "the simulation of the whole stack"},
	{"sio/conformance", "* -boards -bench", "a test program"},
	{"sio/interop", "* -boards -bench", "a test program"},
	{"boards", "", "what is known of boards is data: tools that build and pack link it without the server"},
	{"boards/", "*", "programs: they import anything, and nothing imports them"},
	{"bench", "*", "programs: they import anything, and nothing imports them"},
}

// programs are imported by nobody outside of themselves. A name with a slash at its end is what is below a folder, and
// not the package in it.
var programs = []string{"boards/", "bench", "sio/conformance", "sio/interop", "eio/v06/browser", "webapp/clients"}

// foreign are packages of others that the core does without.
var foreign = []struct {
	path, in, except, instead string
}{
	{"net/http", "poll webapp eio sio eos", "webapp/httpbridge", "webapp: it parses and answers HTTP on the loop"},
	{"net/http/*", "poll webapp eio sio eos", "", "webapp"},
	{"crypto/tls", "poll webapp eio sio eos", "poll/tlsconn", "poll/tlsconn, a package of its own"},
	{"crypto/x509", "poll webapp eio sio eos", "poll/tlsconn", "poll/tlsconn, a package of its own"},
	{"golang.org/x/sys/unix", "webapp eio sio eos", "", "poll.Kernel: nothing above the loop calls the system"},
	{"syscall", "webapp eio sio eos", "", "poll.Errno and errors.Is"},
	{"unsafe", "webapp eio sio eos", "webapp/words", "a copy, or webapp/words: only the kernel needs more"},
}

// judges are modules that tests compare our own code with: no program links them.
var judges = []struct {
	module, instead string
}{
	{"github.com/gobwas/", "webapp/ws: frames and the handshake"},
	{"github.com/tinylib/msgp", "head.go and append.go of sio/msgpack"},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if to, ok := strings.CutPrefix(path, module+"/"); ok {
				checkImport(t, s, to, s.at(spec.Pos()))
			} else if !s.test {
				checkForeign(t, s, path, s.at(spec.Pos()))
			}
		}
	}
}

func checkImport(t *testing.T, s *source, to, at string) {
	for _, p := range programs {
		if in(to, p) && !s.under(p) {
			t.Errorf("%s imports %s, a program: move what both need to the package that owns it", at, to)
			return
		}
	}
	if s.dir == to || s.test && testMay(s, to) {
		return
	}
	row := -1
	for i, r := range may {
		if s.under(r.pkg) && (row < 0 || len(r.pkg) > len(may[row].pkg)) {
			row = i
		}
	}
	if row < 0 {
		t.Errorf("%s: package %s has no row in the table of imports: add one with its reason", at, s.dir)
		return
	}
	allowed := " " + may[row].imports + " "
	if !strings.Contains(allowed, " "+to+" ") && !strings.Contains(allowed, " * ") {
		t.Errorf("%s: %s imports %s; %s: it may import [%s]. Pass an interface or a function down instead",
			at, s.dir, to, may[row].why, may[row].imports)
	}
}

// testMay: tests of any layer run on the kernel in memory, and may play with
// what is below their package; those of the budget measure what its lines are of.
func testMay(s *source, to string) bool {
	return to == "poll/polltest" || s.dir == "boards" || strings.HasPrefix(to, s.dir+"/") || s.under("sio") && to == "sio"
}

func checkForeign(t *testing.T, s *source, path, at string) {
	for _, j := range judges {
		if strings.HasPrefix(path, j.module) {
			t.Errorf("%s imports %s, which only tests do: use %s", at, path, j.instead)
		}
	}
	for _, f := range foreign {
		base, below := strings.CutSuffix(f.path, "*")
		if path != f.path && !(below && strings.HasPrefix(path, base)) || !s.under(strings.Fields(f.in)...) {
			continue
		}
		excepted := s.under(programs...)
		for _, e := range strings.Fields(f.except) {
			excepted = excepted || s.path == e || s.under(e)
		}
		if !excepted {
			t.Errorf("%s imports %s: use %s", at, path, f.instead)
		}
	}
}
