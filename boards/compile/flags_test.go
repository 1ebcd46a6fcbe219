package compile

import (
	"os/exec"
	"strings"
	"testing"
)

// Each pattern of hot is a package of the gateway: one that Go or we have renamed would be compiled as a cold one.
func TestHotPackagesExist(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../gateway").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	packages := strings.Fields(string(out))
	for _, pattern := range strings.Fields(hot) {
		prefix, tree := strings.CutSuffix(pattern, "/...")
		found := pattern == "github.com/edgesio/edgesio/sio/msgpack" // linked when it is asked for
		for _, p := range packages {
			found = found || p == prefix || tree && strings.HasPrefix(p, prefix+"/")
		}
		if !found {
			t.Errorf("%s is no package of the gateway", pattern)
		}
	}
}

// Boards with room are compiled as everywhere.
func TestFor(t *testing.T) {
	for _, arch := range []string{"mips", "mipsle"} {
		if o := For(arch); len(o.Flags) < 10 || o.Flags[0] != "-gcflags=all=-l" || o.Linker == "" ||
			len(o.Tags) != 1 || len(o.Environ) != 1 || !o.Trim {
			t.Errorf("%s: %+v", arch, o)
		}
	}
	for _, arch := range []string{"arm", "arm64", "amd64", "mips64", "riscv64", ""} {
		if o := For(arch); o.Flags != nil || o.Linker != "" || o.Tags != nil || o.Environ != nil || o.Trim {
			t.Errorf("%s: %+v", arch, o)
		}
	}
}
