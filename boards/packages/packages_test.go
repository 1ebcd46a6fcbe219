package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/boards"
)

// What Debian and OpenWrt call the CPUs of Go's GOARCH; of OpenWrt's names, what stands before the first "_".
var (
	debian = map[string]string{"amd64": "amd64", "arm64": "arm64", "armel": "arm", "armhf": "arm", "mips64el": "mips64le",
		"riscv64": "riscv64"}
	openWrt = map[string]string{"amd64": "amd64", "aarch64": "arm64", "arm": "arm", "mips": "mips", "mipsel": "mipsle",
		"mips64": "mips64", "mips64el": "mips64le", "riscv64": "riscv64"}
)

// Each profile has a row and each row a profile; no two packages have one name.
func TestTargets(t *testing.T) {
	names := map[string]string{}
	take := func(name, board string) {
		if other := names[name]; other != "" {
			t.Errorf("%s and %s both make %s", board, other, name)
		}
		names[name] = board
	}
	for _, p := range boards.Profiles() {
		row, ok := targets[p.Name]
		if !ok {
			t.Errorf("%s has no row in targets", p.Name)
			continue
		}
		take(tarName(p.Name, "1"), p.Name)
		if row.deb != "" {
			take(debName(p.Name, "1"), p.Name)
			if debian[row.deb] != p.Build.GOARCH || row.deb == "armel" && p.Build.GOARM != "5" {
				t.Errorf("%s: Debian's %s is not for %v", p.Name, row.deb, p.Build)
			}
		}
		for _, arch := range row.ipk {
			take(ipkName(arch, "1"), p.Name)
			if cpu, _, _ := strings.Cut(strings.Replace(arch, "x86_64", "amd64", 1), "_"); openWrt[cpu] != p.Build.GOARCH {
				t.Errorf("%s: OpenWrt's %s is not for %v", p.Name, arch, p.Build)
			}
		}
		// Debian's armhf and arm64 are for older CPUs than these builds.
		if needs := p.Build.GOARM == "7" || p.Build.GOARM64 == "v8.2"; needs != (row.needs != "") {
			t.Errorf("%s: needs is %q for %v", p.Name, row.needs, p.Build)
		}
	}
	if len(targets) != len(boards.Profiles()) {
		t.Errorf("%d rows, %d profiles", len(targets), len(boards.Profiles()))
	}
}

// dpkg puts the versions in the order of the commits.
func TestVersionsAreInOrder(t *testing.T) {
	needs(t, "dpkg")
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	versions := []string{
		debianVersion("ffffffffffff", at),
		debianVersion("ffffffffffff-dirty", at),
		debianVersion("0000000fffff", at.Add(time.Second)),
		debianVersion("v0.1.0-rc1", at),
		debianVersion("v0.1.0-rc1-2-gffffffffffff", at),
		debianVersion("v0.1.0-rc1-10-g00000000000f", at),
		debianVersion("v0.1.0", at),
		debianVersion("v0.1.0-dirty", at),
		debianVersion("v0.1.0-9-gffffffffffff", at),
		debianVersion("v0.1.0-9-gffffffffffff-dirty", at),
		debianVersion("v0.1.0-10-g00000000000f", at),
		debianVersion("v0.1.1", at),
	}
	for i, v := range versions {
		if !validVersion.MatchString(v) || strings.Contains(v, "ffffffff") {
			t.Errorf("%q is no version", v)
		}
		if i > 0 && exec.Command("dpkg", "--compare-versions", versions[i-1], "lt", v).Run() != nil {
			t.Errorf("%s is not before %s", versions[i-1], v)
		}
	}
}

// needs skips a test where a program is missing; make test-packages installs them all.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not here, make test-packages installs it", p)
		}
	}
}

// stageOf is a stage of a board with the settings of the gateway as it is now.
func stageOf(t *testing.T, board string) *stage {
	t.Helper()
	p, _ := boards.ByName(board)
	settings, err := parseSettings(help(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newStage(p, source{"1.2.3", time.Unix(1e9, 0).UTC()}, settings, os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(s.dir) })
	return s
}

var helpText string

func help(t *testing.T) string {
	t.Helper()
	if helpText == "" {
		b, err := exec.Command("go", "run", "-pgo=off", "../gateway", "-h").CombinedOutput()
		if err != nil {
			t.Fatalf("%v %s", err, b)
		}
		helpText = string(b)
	}
	return helpText
}

// Every flag of the help text is in the manual page, and in the file if it is a setting.
func TestSettings(t *testing.T) {
	s := stageOf(t, "x86-64")
	page, err := s.render("edgesio-gateway.8")
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.render("gateway.conf")
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`(?m)^ +-([a-z-]+)(.*)$`).FindAllStringSubmatch(help(t), -1)
	if len(flags) < 30 {
		t.Fatalf("%d flags", len(flags))
	}
	for _, f := range flags {
		if !bytes.Contains(page, []byte("\n.It Fl "+f[1])) {
			t.Errorf("the manual page has no -%s", f[1])
		}
		inFile := regexp.MustCompile(`(?m)^#?` + f[1] + ` +\S`).Match(file)
		if want := f[1] != "config" && strings.TrimSpace(f[2]) != ""; inFile != want {
			t.Errorf("%s is in the file: %v, want %v", f[1], inFile, want)
		}
	}
	// The program takes the file, also with all defaults spelled out.
	dir := t.TempDir()
	text := regexp.MustCompile(`(?m)^#([a-z-]+ {2,}\S.*)$`).ReplaceAllString(string(file), "$1")
	text = regexp.MustCompile(`/etc/edgesio/\w+`).ReplaceAllString(text, `""`)
	path := filepath.Join(dir, "all.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := exec.Command("go", "run", "-pgo=off", "../gateway", "-config", path, "-t").CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, b)
	}
}

// The manual page has nothing that mandoc or groff warns of.
func TestManualPage(t *testing.T) {
	needs(t, "mandoc", "groff")
	s := stageOf(t, "ath79")
	page, err := s.render("edgesio-gateway.8")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range [][]string{{"mandoc", "-T", "lint", "-W", "warning"}, {"groff", "-mandoc", "-ww", "-z"}} {
		c := exec.Command(line[0], line[1:]...)
		c.Stdin = bytes.NewReader(page)
		if b, err := c.CombinedOutput(); err != nil || len(b) > 0 {
			t.Errorf("%s: %v\n%s", line[0], err, b)
		}
	}
}

// Shells of Debian and of busybox read the scripts, and shellcheck finds nothing in them.
func TestScripts(t *testing.T) {
	needs(t, "shellcheck", "busybox", "dash")
	for _, board := range []string{"rpi2", "rpi5", "ath79"} {
		s := stageOf(t, board)
		for _, name := range []string{"prepare", "procd", "sysv", "install.sh",
			"deb.preinst", "deb.postinst", "deb.prerm", "deb.postrm", "ipk.postinst", "ipk.prerm"} {
			path := filepath.Join(s.dir, name)
			checker := []string{"shellcheck", "--shell=dash", "--severity=warning", "--exclude=SC2034", path} // rc.common reads
			for _, line := range [][]string{checker, {"busybox", "ash", "-n", path}, {"dash", "-n", path}} {
				if b, err := exec.Command(line[0], line[1:]...).CombinedOutput(); err != nil {
					t.Errorf("%s %s: %v\n%s", line[0], name, err, b)
				}
			}
		}
	}
}
