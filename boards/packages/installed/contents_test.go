//go:build linux

package installed

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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

// Whoever gets a package gets the licenses of all that is in it: what the bill of materials lists, the copyright file
// names, with no name of what is not inside any more.
func TestCopyright(t *testing.T) {
	dir := t.TempDir()
	run(t, `dpkg-deb -x "$2" "$1"`, dir, only(t, *folder+"/*_amd64_x86-64.deb"))
	doc := filepath.Join(dir, "usr/share/doc/edgesio-gateway")
	text, err := os.ReadFile(filepath.Join(doc, "sbom.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		Components []struct {
			Name     string
			Licenses []struct{ License struct{ ID string } }
		}
	}
	if err := json.Unmarshal(text, &bill); err != nil {
		t.Fatal(err)
	}
	var inside, named []string
	for _, c := range bill.Components {
		inside = append(inside, c.Name)
		if len(c.Licenses) == 0 || c.Licenses[0].License.ID == "" {
			t.Errorf("the bill tells no license of %s", c.Name)
		}
	}
	for _, line := range strings.Split(run(t, `sed -n 's/^Files: //p' "$1/copyright"`, doc), "\n") {
		named = append(named, strings.Fields(strings.TrimPrefix(line, "*"))...)
	}
	slices.Sort(inside)
	slices.Sort(named)
	if !slices.Equal(inside, named) {
		t.Errorf("the program has %q, the copyright file names %q", inside, named)
	}
}

// Debian's own checker has nothing to warn of. It is a large tool, which make test-packages does not bring.
func TestLintian(t *testing.T) {
	if _, err := exec.LookPath("lintian"); err != nil {
		t.Skip("there is no lintian on this machine")
	}
	file := only(t, *folder+"/*_amd64_x86-64.deb")
	if said := run(t, `lintian --allow-root "$1" 2>&1`, file); said != "" {
		t.Error(said)
	}
}
