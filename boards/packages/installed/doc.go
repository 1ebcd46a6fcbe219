// Package installed tests what boards/packages makes: archives and scripts anywhere, and with root's rights the
// packages themselves, installed on this machine under an overlay with a systemd of its own, in a root with nothing but
// busybox, and with OpenWrt's functions played by a stub. make test-packages builds the packages and runs it.
package installed
