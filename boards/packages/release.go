package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// release is what the packages say of the source.
type release struct {
	version string
	date    time.Time // of all files, and of the changelog
}

// readRelease asks git, or takes SOURCE_DATE_EPOCH and the version given where there is no repository.
func readRelease(version string) (r release, err error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		if epoch, err = git("log", "-1", "--format=%ct"); err != nil {
			return r, fmt.Errorf("when was the last commit? SOURCE_DATE_EPOCH tells where there is no git: %w", err)
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return r, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	r.date = time.Unix(seconds, 0).UTC()
	if r.version = version; version == "" {
		commit, err := git("rev-parse", "--short=7", "HEAD")
		if err != nil {
			return r, fmt.Errorf("which version? -version tells where there is no git: %w", err)
		}
		described, _ := git("describe", "--tags", "--match", "v[0-9]*", "--long", "--abbrev=7") // without a tag it fails
		r.version = debianVersion(described, commit, r.date)
	}
	if !validVersion.MatchString(r.version) {
		return r, fmt.Errorf("%q is no version that dpkg and opkg can order", r.version)
	}
	return r, nil
}

func git(args ...string) (string, error) {
	b, err := exec.Command("git", args...).Output()
	return strings.TrimSpace(string(b)), err
}

var (
	// validVersion leaves out "-", which would begin a revision, "_", which parts the names of files, and the ":" of an
	// epoch.
	validVersion = regexp.MustCompile(`^[0-9][0-9A-Za-z.+~]*$`)
	long         = regexp.MustCompile(`^v(.+)-([0-9]+)-g([0-9a-f]+)$`)
)

// debianVersion is a version that dpkg and opkg put in the order of the commits: of git describe --long, such as
// v1.2.0-rc1-5-g8c07d8f, it makes 1.2.0~rc1+5.8c07d8f, which is before 1.2.0. Without any tag, "", the time of the
// commit stands for the number of commits.
func debianVersion(described, commit string, date time.Time) string {
	f := long.FindStringSubmatch(described)
	if f == nil {
		return "0.0.0+" + date.Format("20060102150405") + "." + commit
	}
	version := strings.ReplaceAll(strings.Replace(f[1], "-", "~", 1), "-", ".")
	if f[2] == "0" {
		return version
	}
	return version + "+" + f[2] + "." + f[3]
}
