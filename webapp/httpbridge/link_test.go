package httpbridge

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// serverSymbols are what a program has that serves HTTP with net/http, or mounts its handlers.
var serverSymbols = []string{
	"net/http.(*Server).Serve", "net/http.(*ServeMux).ServeHTTP", "net/http.(*conn).serve", "net/http.DetectContentType",
	"net/http/pprof.Index", "edgesio/webapp/httpbridge.",
}

// TestLinked: a program that does not import the bridge has nothing of net/http's server, nor of the bridge. One that
// does has handlers and types, and not the server either.
func TestLinked(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	plain := symbols(t, "./testdata/plain")
	for _, s := range serverSymbols {
		if strings.Contains(plain, s) {
			t.Errorf("a program without the bridge links %s", s)
		}
	}
	bridged := symbols(t, "./testdata/bridged")
	for _, s := range serverSymbols[3:] { // the test sees what is there
		if !strings.Contains(bridged, s) {
			t.Errorf("a program with the bridge does not link %s", s)
		}
	}
	if s := serverSymbols[0]; strings.Contains(bridged, s) {
		t.Errorf("the bridge links %s", s)
	}
}

// symbols builds a program and lists the names in it.
func symbols(t *testing.T, pkg string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "program")
	for _, args := range [][]string{{"build", "-o", bin, pkg}, {"tool", "nm", bin}} {
		out, err := exec.Command("go", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
		if args[0] == "tool" {
			return string(out)
		}
	}
	return ""
}
