package installed

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/boards"
)

// names are those of the files: with the board in a .deb and a .tar.gz, with OpenWrt's architecture in an .ipk.
var fileName = regexp.MustCompile(
	`^edgesio-gateway_([^_]+)_(?:(?:(\w+?)_)?([a-z0-9-]+)\.(deb|tar\.gz)|(\w[\w-]*)\.ipk)$`)

// Every package of the folder, for whatever machine, has the program that was built for its board, byte for byte, and
// says what its name says. Of an .ipk the name tells no board: its program is one of those that were built.
func TestContents(t *testing.T) {
	if *binaries == "" {
		t.Skip("-binaries does not say where the programs are")
	}
	sums := map[string]string{} // board by the program's
	for _, p := range boards.Profiles() {
		file := filepath.Join(*binaries, p.Name, "gateway")
		if out, err := exec.Command("sha256sum", file).Output(); err == nil {
			sums[p.Name] = strings.Fields(string(out))[0]
		}
	}
	list, _ := filepath.Glob(*folder + "/edgesio-gateway_*")
	if len(list) < 3 {
		t.Fatalf("%d packages", len(list))
	}
	for _, file := range list {
		name := filepath.Base(file)
		f := fileName.FindStringSubmatch(name)
		if f == nil {
			t.Errorf("%s: what is that?", name)
			continue
		}
		version, arch, board := f[1], f[2], f[3]
		sum, control := "", ""
		switch {
		case f[5] != "":
			arch = f[5]
			sum = run(t, `tar -xzOf "$1" ./data.tar.gz | tar -xzO ./usr/sbin/edgesio-gateway | sha256sum`, file)
			control = run(t, `tar -xzOf "$1" ./control.tar.gz | tar -xzO ./control`, file)
		case f[4] == "deb":
			sum = run(t, `dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/sbin/edgesio-gateway | sha256sum`, file)
			control = run(t, `dpkg-deb --field "$1"`, file)
		default:
			top := "edgesio-gateway-" + version + "-" + board
			sum = run(t, `tar -xzOf "$1" "$2/root/usr/sbin/edgesio-gateway" | sha256sum`, file, top)
			control = "Version: " + version + "\nArchitecture: " + arch + "\n"
		}
		sum = strings.Fields(sum)[0]
		if board == "" {
			for b, s := range sums {
				if s == sum {
					board = b
				}
			}
		}
		if sums[board] == "" || sums[board] != sum {
			t.Errorf("%s has not the program of its board %q", name, board)
		}
		for _, line := range []string{"Version: " + version, "Architecture: " + arch} {
			if !strings.Contains("\n"+control, "\n"+line+"\n") {
				t.Errorf("%s: no %q in\n%s", name, line, control)
			}
		}
	}
	t.Logf("%d packages", len(list))
	run(t, `cd "$1"; sha256sum --quiet -c SHA256SUMS`, *folder)
}

// Debian's own checker has nothing to warn of. It is a large tool, which make test-packages does not bring.
func TestLintian(t *testing.T) {
	if _, err := exec.LookPath("lintian"); err != nil {
		t.Skip("there is no lintian on this machine")
	}
	list, _ := filepath.Glob(*folder + "/*.deb")
	seen := map[bool]bool{}
	for _, file := range list {
		if needs := run(t, `dpkg-deb --ctrl-tarfile "$1" | tar -t`, file); !seen[strings.Contains(needs, "preinst")] {
			seen[strings.Contains(needs, "preinst")] = true // one of each kind
			if said := run(t, `lintian --allow-root "$1" 2>&1`, file); said != "" {
				t.Errorf("%s:\n%s", filepath.Base(file), said)
			}
		}
	}
	if len(seen) == 0 {
		t.Error("no .deb")
	}
}
