// Package release tells which sources these are, for those who build and pack them: from git, or in an archive that
// git made from what git wrote into it.
package release

import (
	_ "embed" // archived.txt
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// archived are the version, the commit and its time, in seconds, of an archive: git archive writes them into the file.
// In a clone there are the patterns.
//
//go:embed archived.txt
var archived string

// hashDigits are what is told of a commit: 12 of them tell commits apart in larger trees than this one, and unlike
// git's default their number does not depend on how much of the history a clone has.
const hashDigits = 12

// Version tells what is built from the tree in a folder: its tag, such as v1.2.0, or the tag that came before with the
// number of commits since and the commit, v1.2.0-5-g0123456789ab, or the commit, 0123456789ab. A tree that was changed
// ends with "-dirty"; one that neither git nor an archive knows is "devel".
func Version(root string) string {
	if v, _ := parse(archived); v != "" {
		return v
	}
	v, err := git(root, "describe", "--tags", "--match", "v[0-9]*", "--always", "--dirty",
		"--abbrev="+strconv.Itoa(hashDigits))
	if err != nil || v == "" {
		return "devel"
	}
	return v
}

// Date is when the commit was made, or what SOURCE_DATE_EPOCH says, in UTC.
func Date(root string) (time.Time, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		_, epoch = parse(archived)
	}
	if epoch == "" {
		epoch, _ = git(root, "log", "-1", "--format=%ct")
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, errors.New("no git, no archive of git's: SOURCE_DATE_EPOCH must tell the time")
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// git asks it about a folder. A repository around the folder that does not know it, such as that of somebody's home or
// of a distribution that packs these sources, is not asked: its version would be another project's.
func git(root string, args ...string) (string, error) {
	ask := func(args ...string) (string, error) {
		cmd := exec.Command("git", args...)
		cmd.Dir = root
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	if _, err := ask("ls-files", "--error-unmatch", "go.mod"); err != nil {
		return "", err
	}
	return ask(args...)
}

// parse reads what git archive wrote, "" if it did not.
func parse(text string) (version, epoch string) {
	fields := strings.Split(strings.TrimSuffix(text, "\n"), " ")
	if strings.Contains(text, "$Format") || len(fields) != 3 || len(fields[1]) < hashDigits {
		return "", ""
	}
	if version = fields[0]; version == "" {
		version = fields[1][:hashDigits]
	}
	return version, fields[2]
}

// Plain tells whether a version can stand among the linker's arguments and in names of files.
func Plain(version string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return version != "" && strings.Trim(version, letters+"0123456789.+-~_") == ""
}
