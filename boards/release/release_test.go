package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

func TestParse(t *testing.T) {
	for text, want := range map[string][2]string{
		" " + commit + " 17\n":                          {"0123456789ab", "17"},
		"v1.2.0 " + commit + " 17\n":                    {"v1.2.0", "17"},
		"v1.2.0-3-g0123 " + commit + " 17":              {"v1.2.0-3-g0123", "17"},
		"$Format:%(describe)$ $Format:%H$ $Format:%ct$": {},
		"v1.2.0 " + commit:                              {},
		"":                                              {},
	} {
		if version, epoch := parse(text); version != want[0] || epoch != want[1] {
			t.Errorf("%q is version %q of %q, not %q", text, version, epoch, want)
		}
	}
}

func TestPlain(t *testing.T) {
	for v, ok := range map[string]bool{
		"v1.2.0-3-g0123-dirty": true, "1.0~rc1+deb_1": true, "": false, "1 -X main.key=x": false, "a b c": false,
		"1;2": false,
	} {
		if Plain(v) != ok {
			t.Errorf("version %q: %v", v, !ok)
		}
	}
}

// A clone from its first commit to a tag and behind it, a changed one, an archive of it, and a copy that is in a
// repository of somebody else.
func TestVersion(t *testing.T) {
	if v, _ := parse(archived); v != "" {
		t.Skip("this is an archive itself, and has one version")
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	dir := t.TempDir()
	do := func(dir, script string) string {
		t.Helper()
		cmd := exec.Command("/bin/sh", "-euc", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=a",
			"GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b",
			"GIT_COMMITTER_DATE=1700000000 +0000")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	is := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s is version %q, not %q", what, got, want)
		}
	}
	if v := Version(dir); v != "devel" {
		t.Errorf("a folder without git is version %q", v)
	}
	if _, err := Date(dir); err == nil || !strings.Contains(err.Error(), "SOURCE_DATE_EPOCH") {
		t.Errorf("its time is told: %v", err)
	}
	text := strings.ReplaceAll(archived, "'", "")
	first := do(dir, `git init -q .; mkdir sub; echo 'module x' | tee go.mod >sub/go.mod
printf '%s' '`+text+`' >archived.txt
echo 'archived.txt export-subst' >.gitattributes; git add go.mod archived.txt .gitattributes; git commit -qm 1
git rev-parse HEAD`)[:hashDigits]
	is("a commit", Version(dir), first)
	is("a folder that its repository does not know", Version(filepath.Join(dir, "sub")), "devel")
	do(dir, "git tag other; git tag v1.2.0")
	is("a tag", Version(dir), "v1.2.0")
	do(dir, "echo >>go.mod")
	is("a changed tree", Version(dir), "v1.2.0-dirty")
	second := do(dir, "git commit -qam 2; git tag another; git rev-parse HEAD")[:hashDigits]
	is("a later commit", Version(dir), "v1.2.0-1-g"+second)
	if at, err := Date(dir); err != nil || at.Unix() != 1700000000 {
		t.Errorf("its time is %v, %v", at, err)
	}
	v, epoch := parse(do(dir, "git archive HEAD archived.txt | tar -xO"))
	is("an archive", v, "v1.2.0-1-g"+second)
	is("an archive's time", epoch, "1700000000")
	t.Setenv("SOURCE_DATE_EPOCH", "1600000000")
	if at, err := Date(dir); err != nil || at.Unix() != 1600000000 {
		t.Errorf("SOURCE_DATE_EPOCH is %v, %v", at, err)
	}
}
