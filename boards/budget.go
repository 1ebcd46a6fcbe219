package boards

// Line is what one owner may hold of a board's memory.
type Line struct {
	Owner string // "idle sessions"
	Bytes int64
	Heap  bool   // of the Go runtime's: the sum of these lines is MemoryLimit
	Why   string // what it is, or where the figure is from
}

// What owners hold, in bytes. TestConstants measures them.
const (
	programPages32   = 6 * mb // the file of the program, all of it
	programPages64   = 8 * mb
	runtimeBytes     = 3 * mb    // heap at start, stacks of the runtime's threads and workers, its tables
	loopBytes        = 320 << 10 // poll.Options.SpareBytes and what is encoded at a time
	sessionBytes32   = 720       // a client that polls, which holds more than one on a WebSocket
	sessionBytes64   = 1000
	tlsBytes32       = 6 << 10
	tlsBytes64       = 8 << 10
	tlsHandshakes    = 32       // tlsconn.Options.MaxHandshakes
	tlsHandshake     = 32 << 10 // of each: keys, messages, its stack
	lostSessions     = 2048     // that may come back, see the gateway's recovery
	lostBytes        = 320
	recoveryLog      = 1 * mb
	kernelSocket     = 5 << 10 // socket, inode, file, its place in epoll's tree
	tcpShare         = 32      // of so many parts the kernel takes three: tcp_mem, 9.37 %
	peersPart        = 4       // of the memory limit
	descriptorsSpare = 256     // the loop's, the listeners, files that are sent, and those who are being refused
)

// MemoryLimit is GOMEMLIMIT in bytes: MemoryShare of RAM.
func (p Profile) MemoryLimit() int64 { return p.RAM / 100 * int64(p.MemoryShare) }

// PeersBudget is poll.Options.MemoryBytes: a quarter of the memory limit, for
// buffers grow in steps, and the collector needs room; at most 1 GB, an int anywhere.
func (p Profile) PeersBudget() int64 { return min(p.MemoryLimit()/peersPart, 1<<30) }

// Budget is the memory of the board as a sum: who holds how much of it when
// MaxConns are connected, MaxTLSConns of them with TLS, and peers hold all that
// they may.
func (p Profile) Budget() []Line {
	session, tls, pages := int64(sessionBytes32), int64(tlsBytes32), int64(programPages32)
	if p.Build.is64() {
		session, tls, pages = sessionBytes64, tlsBytes64, programPages64
	}
	conns := int64(p.MaxConns)
	log := min(recoveryLog, p.PeersBudget())
	lines := []Line{
		{"kernel", p.Reserved, false, "reserved at boot, with the graphics' part: not in MemTotal"},
		{"system", p.System, false, "its programs, drivers and page cache"},
		{"program", pages, false, "the pages of its file, when all have been touched"},
		{"idle sockets", conns * kernelSocket, false, "5 kB of the kernel's for each connection"},
		{"full sockets", p.fullSockets(), false, "peers that do not read: the kernel stops at 9.4 % (tcp_mem)"},
		{"runtime", runtimeBytes, true, "heap at start, stacks, the collector's tables"},
		{"loop", int64(p.ReadBuffer) + loopBytes, true, "one read buffer for all, spare output buffers"},
		{"idle sessions", conns * session, true, "each with its connection, namespace, timers and room"},
		{"TLS", int64(p.MaxTLSConns) * tls, true, "what crypto/tls holds for each idle connection"},
		{"TLS handshakes", tlsHandshakes * tlsHandshake, true, "32 at a time, more wait"},
		{"lost sessions", lostSessions * lostBytes, true, "clients that may come back"},
		{"recovery log", log, true, "what they missed: of the peers' quarter, and the first to go"},
		{"peers", p.PeersBudget() - log, true, "unfinished messages, and what they have not read"},
	}
	live := heap(lines)
	lines = append(lines, Line{"collector", live / 100 * int64(p.GCPercent), true, "GCPercent of the lines above"})
	if rest := p.MemoryLimit() - heap(lines); rest > 0 {
		lines = append(lines, Line{"steps", rest, true, "buffers that grow, to the memory limit"})
	}
	return lines
}

// fullSockets is what the kernel holds for peers that do not read and send what is
// not read: both buffers of each, which Linux makes twice as large as it is told,
// or what all TCP connections may have, whichever is less.
func (p Profile) fullSockets() int64 {
	return min(int64(p.MaxConns)*4*int64(p.SocketBuffer), max(p.RAM-p.Reserved, 0)/tcpShare*3)
}

// Total is the sum of the budget.
func (p Profile) Total() (sum int64) {
	for _, l := range p.Budget() {
		sum += l.Bytes
	}
	return sum
}

// Fits tells whether the budget fits the RAM, and its lines of the heap the memory
// limit.
func (p Profile) Fits() bool {
	return p.Total() <= p.RAM && heap(p.Budget()) <= p.MemoryLimit()
}

func heap(lines []Line) (sum int64) {
	for _, l := range lines {
		if l.Heap {
			sum += l.Bytes
		}
	}
	return sum
}

func (b Build) is64() bool {
	switch b.GOARCH {
	case "amd64", "arm64", "mips64", "mips64le", "riscv64":
		return true
	}
	return false
}
