//go:build linux

// Machine boots a whole board under qemu-system: Debian's kernel, a read-only root with the gateway and an init of our
// own (folder init), 64 MB of memory, and a network whose port 8000 is one of this machine's loopback.
//
//	go run ./boards/machine -build arm|mips
//	go run ./boards/machine [-memory MB] arm|mips
//
// The first builds what the second boots.
// Its standard output is the console of the board, after lines of its own that begin with "machine: "; its standard
// input is what is typed there. It ends with the board, or ends it when the input ends. check.mjs and soak.mjs are the
// clients, and say what must hold; RUNS.md has what came out.
//
// The kernels come from Debian through apt, without a trace in this machine's own package state (debian.go), and stay
// in .tools/kernels; what is built is in .build/machine.
//
// Read next: board.go, image.go, guest.go, init/main.go.
package main
