//go:build darwin || freebsd || dragonfly

package poll

import "golang.org/x/sys/unix"

// NetBSD has the user event since 10 and OpenBSD since 7.8, and x/sys for neither.
const (
	filterUser  = unix.EVFILT_USER
	noteTrigger = unix.NOTE_TRIGGER
)
