package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/edgesio/edgesio/boards/release"
)

// source is what the packages say of the source.
type source struct {
	version string
	date    time.Time // of all files, and of the changelog
}

// readSource asks git, or the archive that the tree comes from; version is the packages' when it is not "".
func readSource(version string) (src source, err error) {
	if src.date, err = release.Date("."); err != nil {
		return src, err
	}
	if src.version = version; version == "" {
		if version = release.Version("."); version == "devel" {
			return src, errors.New("which version? -version tells where there is no git")
		}
		src.version = debianVersion(version, src.date)
	}
	if !validVersion.MatchString(src.version) {
		return src, fmt.Errorf("%q is no version that dpkg and opkg can order", src.version)
	}
	return src, nil
}

var (
	// validVersion leaves out "-", which would begin a revision, "_", which parts the names of files, and the ":" of an
	// epoch.
	validVersion = regexp.MustCompile(`^[0-9][0-9A-Za-z.+~]*$`)
	described    = regexp.MustCompile(`^v(.+?)(?:-([0-9]+)-g([0-9a-f]+))?(-dirty)?$`)
)

// debianVersion is a version that dpkg and opkg put in the order of the commits: of release.Version's, such as
// v1.2.0-rc1-5-g0123456789ab, it makes 1.2.0~rc1+5.0123456789ab, which is before 1.2.0. Without any tag the time of the
// commit stands for the number of commits. A changed tree is later than its commit. Of a commit 7 digits are enough
// beside that, and keep the names of files short.
func debianVersion(version string, date time.Time) string {
	f := described.FindStringSubmatch(version)
	if f == nil {
		commit, dirty := strings.CutSuffix(version, "-dirty")
		f = []string{"", "0.0.0", date.Format("20060102150405"), commit, ""}
		if dirty {
			f[4] = "-dirty"
		}
	}
	v := strings.ReplaceAll(strings.Replace(f[1], "-", "~", 1), "-", ".")
	if f[2] != "" {
		v += "+" + f[2] + "." + f[3][:min(7, len(f[3]))]
	} else if f[4] != "" {
		v += "+0"
	}
	return v + strings.Replace(f[4], "-", ".", 1)
}
