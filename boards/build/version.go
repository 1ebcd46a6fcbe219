package main

import (
	_ "embed" // version.txt
	"os/exec"
	"strings"
)

// archived is the version of an archive: git archive puts a tag or its successor, and the commit, into the file. In a
// clone there is the pattern.
//
//go:embed version.txt
var archived string

// hashDigits are what is told of a commit: 12 of them tell commits apart in larger trees than this one, and unlike
// git's default their number does not depend on how much of the history a clone has.
const hashDigits = 12

// version tells what is built: the tag, or the tag that came before with the number of commits since and the commit,
// or the commit. A tree that was changed is "dirty", one without git "devel".
func version(root string) string {
	if v := archiveVersion(archived); v != "" {
		return v
	}
	cmd := exec.Command("git", "describe", "--tags", "--always", "--abbrev=12", "--dirty")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "devel"
	}
	return strings.TrimSpace(string(out))
}

// archiveVersion reads what git archive wrote, "" if it did not.
func archiveVersion(text string) string {
	tag, commit, _ := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
	if strings.Contains(text, "$Format") || len(commit) < hashDigits {
		return ""
	}
	if tag != "" {
		return tag
	}
	return commit[:hashDigits]
}

// plain tells whether a version can stand among the linker's arguments and in names of files.
func plain(version string) bool {
	return version != "" && strings.Trim(version, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-~_") == ""
}
