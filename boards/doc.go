// Package boards is what the project knows of the boards that it runs on: for
// each a Profile with the build that its CPU takes and the limits that its memory
// bears, and the sum that shows it (Profile.Budget).
//
// Detect finds the profile of the machine that a program runs on. The package
// imports nothing of the project and is linked into the gateway. Its subfolders
// are programs.
//
// Read next: profile.go, table.go.
package boards
