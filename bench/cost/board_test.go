package cost

import "strings"

// board is a processor. What it does in a cycle is assumed, on the low side: these cores issue one instruction (the
// A7 two) in order, and wait for a slow memory whenever their small caches miss, which code of this size makes them do.
type board struct {
	name, title string
	arch, flag  string // GOARCH, and GOARM or GOMIPS
	emulator    string
	cpu         string
	mhz         float64
	perCycle    float64 // instructions, assumed
	softFloat   bool
}

var boards = []board{
	{"rpi-zero", "Raspberry Pi 1 and Zero, ARM1176", "arm", "GOARM=6", "qemu-arm", "arm1176", 700, 0.5, false},
	{"rpi2", "Raspberry Pi 2, Cortex-A7", "arm", "GOARM=7", "qemu-arm", "cortex-a7", 900, 0.7, false},
	{"kirkwood", "Kirkwood, ARM926", "arm", "GOARM=5", "qemu-arm", "arm926", 1000, 0.4, true},
	{"ath79", "ath79, MIPS 24Kc", "mips", "GOMIPS=softfloat", "qemu-mips", "24Kc", 560, 0.5, true},
	{"ramips", "ramips, MIPS 24KEc", "mipsle", "GOMIPS=softfloat", "qemu-mipsel", "24KEc", 580, 0.5, true},
}

// kind is what is counted, in the words of bench/instructions.
type kind struct {
	name, title string
	turns       int // of the short run; the long one has 6 times as many
	// trips are the system's part in round trips of a small message, each a wait, a read and a write: assumed, where a
	// TCP connection that comes and goes counts two, and a write alone half.
	trips float64
}

var kinds = []kind{
	{"echo", "echo, one event and its ack", 200, 1},
	{"echo16", "echo, 16 in a read", 50, 1.0 / 16},
	{"echo1k", "echo of 1 KiB", 100, 1},
	{"broadcast100", "broadcast to 100, a delivery", 20, 0.5},
	{"polling", "echo by polling, two requests", 100, 2},
	{"open", "polling session: open, connect, close", 50, 4},
	{"connect", "WebSocket session: open, connect, close", 50, 4},
	{"heartbeat", "heartbeat of an idle client, two turns", 200, 1},
}

// callNames are the system calls of a message.
func callNames(arch string) map[int]string {
	if strings.HasPrefix(arch, "mips") {
		return map[int]string{4003: "read", 4004: "write", 4146: "writev", 4313: "wait", 4263: "clock", 4403: "clock"}
	}
	return map[int]string{3: "read", 4: "write", 146: "writev", 346: "wait", 263: "clock", 403: "clock"}
}
