package boards

// Line is what one owner may hold of a board's memory.
type Line struct {
	Owner string // "idle sessions"
	Bytes int64
	Heap  bool   // of the Go runtime's: the sum of these lines is MemoryLimit
	Why   string // what it is, or where the figure is from
}

// sizes are what depends on the length of a pointer, in bytes. TestConstants
// measures them.
type sizes struct {
	program int64 // the file, all of whose pages have been touched
	session int64 // an idle client that polls, which holds more than one on a WebSocket
	lost    int64 // a client that may come back
	tls     int64 // what crypto/tls holds for an idle connection
	runtime int64 // mapped when a server has started on four cores, as GOMEMLIMIT counts it; a third of it is resident
}

var (
	sizes32 = sizes{program: 8 * mb, session: 960, lost: 384, tls: 6 << 10, runtime: 3*mb + mb/2}
	sizes64 = sizes{program: 9 * mb, session: 1344, lost: 512, tls: 8 << 10, runtime: 5*mb + mb/2}
)

// What does not.
const (
	loopBytes      = 320 << 10 // poll.Options.SpareBytes, and what is encoded at a time
	tlsHandshakes  = 32        // tlsconn.Options.MaxHandshakes
	tlsHandshake   = 32 << 10  // of each: keys, messages, its stack
	lostSessions   = 2048      // of the gateway's recovery, and what they missed:
	recoveryLog    = 1 * mb
	kernelSocket   = 5 << 10 // TCP socket 2.4 kB, inode 0.8, file, dentry and epoll's item 0.5, buckets and slack
	tcpParts       = 32      // of so many parts of MemTotal the kernel takes three for TCP: tcp_mem, 9.37 %
	peersPart      = 4       // of the memory limit
	ownDescriptors = 32      // of the program: its output, the loop's, listeners, files that it reads
)

func (b Build) sizes() sizes {
	switch b.GOARCH {
	case "amd64", "arm64", "mips64", "mips64le", "riscv64":
		return sizes64
	}
	return sizes32
}

// MemoryLimit is GOMEMLIMIT in bytes: MemoryShare of RAM.
func (p Profile) MemoryLimit() int64 { return p.RAM / 100 * int64(p.MemoryShare) }

// PeersBudget is poll.Options.MemoryBytes: a quarter of the memory limit, for
// buffers grow in steps, and the collector needs room; at most 1 GB, an int anywhere.
func (p Profile) PeersBudget() int64 { return min(p.MemoryLimit()/peersPart, 1<<30) }

// Budget is the memory of the board as a sum: who holds how much of it when
// MaxConns are connected, MaxTLSConns of them with TLS, and peers hold all that
// they may.
func (p Profile) Budget() []Line {
	each, conns := p.Build.sizes(), int64(p.MaxConns)
	log := min(recoveryLog, p.PeersBudget())
	lines := []Line{
		{"kernel", p.Reserved, false, "reserved at boot, with the graphics' part: not in MemTotal"},
		{"system", p.System, false, "its programs, drivers and page cache"},
		{"program", each.program, false, "the pages of its file, when all have been touched"},
		{"idle sockets", conns * kernelSocket, false, "5 kB of the kernel's for each connection"},
		{"full sockets", p.fullSockets(), false, "peers that do not read: the kernel stops at 9.4 % (tcp_mem)"},
		{"runtime", each.runtime, true, "stacks, the collector's tables, heap at start"},
		{"loop", int64(p.ReadBuffer) + loopBytes, true, "one read buffer for all, spare output buffers"},
		{"idle sessions", conns * each.session, true, "each with its connection, namespace, timers and room"},
		{"TLS", int64(p.MaxTLSConns) * each.tls, true, "what crypto/tls holds for each idle connection"},
		{"TLS handshakes", tlsHandshakes * tlsHandshake, true, "32 at a time, more wait"},
		{"lost sessions", lostSessions * each.lost, true, "clients that may come back"},
		{"recovery log", log, true, "what they missed: of the peers' quarter, and the first to go"},
		{"peers", p.PeersBudget() - log, true, "unfinished messages, and what they have not read"},
	}
	live := heap(lines) - each.runtime
	lines = append(lines, Line{"collector", live / 100 * int64(p.GCPercent), true,
		"GCPercent of the lines between, for what is not yet collected"})
	if rest := p.MemoryLimit() - heap(lines); rest > 0 {
		lines = append(lines, Line{"steps", rest, true, "buffers that grow, to the memory limit"})
	}
	return lines
}

// fullSockets is what the kernel holds for peers that do not read and send what is
// not read: both buffers of each, which Linux makes twice as large as it is told,
// or what all TCP connections may have, whichever is less.
func (p Profile) fullSockets() int64 {
	return min(int64(p.MaxConns)*4*int64(p.SocketBuffer), max(p.RAM-p.Reserved, 0)/tcpParts*3)
}

// Total is the sum of the budget.
func (p Profile) Total() (sum int64) {
	for _, l := range p.Budget() {
		sum += l.Bytes
	}
	return sum
}

// ours is what of that a container of the program has to hold.
func (p Profile) ours() int64 { return p.Total() - p.Reserved - p.System }

// Fits tells whether the budget fits the RAM, and its lines of the heap the memory
// limit.
func (p Profile) Fits() bool { return p.Total() <= p.RAM && p.heapFits() }

func (p Profile) heapFits() bool { return heap(p.Budget()) <= p.MemoryLimit() }

func heap(lines []Line) (sum int64) {
	for _, l := range lines {
		if l.Heap {
			sum += l.Bytes
		}
	}
	return sum
}
