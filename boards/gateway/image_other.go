//go:build !linux

package main

import "io/fs"

// dropImage is for Linux.
func dropImage(fs.FS) {}
