package boards

// The limits by RAM. Why they are what they are:
//
//   - Descriptors: one for each connection, and the spare ones of Descriptors' test.
//   - ReadBuffer is what a connection is served per turn, and lives in the CPU's
//     cache: the small boards have 32 kB of it.
//   - SocketBuffer: the kernel takes twice as much, per direction. 16 kB carry 6 MB/s
//     to a peer that is 5 ms away, 64 kB what a gigabit port of a Pi 5 carries.
//   - SoftOutput is a quarter of MaxPayload and at most the default of package poll:
//     a reader that is slow for seconds. HardOutput takes two messages of MaxPayload
//     and is at most the peers' budget, so that nobody alone can use it up.
//   - MaxPayload is Socket.IO's 1 MB where two such messages are little. Where they
//     are not, clients are told so in the handshake.
//   - GCPercent: below 512 MB memory is dearer than the little that is collected.
//   - MemoryShare: what the sum leaves. It is a ceiling and not a reservation.
//   - MaxConns: idle, they take less than a tenth of the RAM, most of it in the kernel.
//     A TLS connection holds ten times as much of the heap as a plain one.
var (
	limits32 = Limits{Descriptors: 512, ReadBuffer: 16 << 10, SocketBuffer: 16 << 10,
		SoftOutput: 32 << 10, HardOutput: 512 << 10, MaxPayload: 128 << 10,
		GCPercent: 50, MemoryShare: 44, MaxConns: 250, MaxTLSConns: 50}
	limits64 = Limits{Descriptors: 2048, ReadBuffer: 32 << 10, SocketBuffer: 16 << 10,
		SoftOutput: 64 << 10, HardOutput: 1 << 20, MaxPayload: 256 << 10,
		GCPercent: 50, MemoryShare: 30, MaxConns: 1000, MaxTLSConns: 250}
	limits128 = Limits{Descriptors: 4096, ReadBuffer: 32 << 10, SocketBuffer: 16 << 10,
		SoftOutput: 128 << 10, HardOutput: 2 << 20, MaxPayload: 512 << 10,
		GCPercent: 50, MemoryShare: 22, MaxConns: 2000, MaxTLSConns: 500}
	limits256 = Limits{Descriptors: 8192, ReadBuffer: 64 << 10, SocketBuffer: 16 << 10,
		SoftOutput: 256 << 10, HardOutput: 4 << 20, MaxPayload: 1e6,
		GCPercent: 50, MemoryShare: 20, MaxConns: 4000, MaxTLSConns: 1000}
	limits512 = Limits{Descriptors: 16384, ReadBuffer: 64 << 10, SocketBuffer: 32 << 10,
		SoftOutput: 256 << 10, HardOutput: 4 << 20, MaxPayload: 1e6,
		GCPercent: 100, MemoryShare: 25, MaxConns: 8000, MaxTLSConns: 2000}
	limits1024 = Limits{Descriptors: 32768, ReadBuffer: 64 << 10, SocketBuffer: 32 << 10,
		SoftOutput: 256 << 10, HardOutput: 4 << 20, MaxPayload: 1e6,
		GCPercent: 100, MemoryShare: 30, MaxConns: 16000, MaxTLSConns: 4000}
	limits2048 = Limits{Descriptors: 65536, ReadBuffer: 64 << 10, SocketBuffer: 64 << 10,
		SoftOutput: 256 << 10, HardOutput: 4 << 20, MaxPayload: 1e6,
		GCPercent: 100, MemoryShare: 30, MaxConns: 32000, MaxTLSConns: 8000}
)

// ladder has the limits by the RAM that they are for, the largest first. More RAM
// than that of the first gets no more: one loop serves them all, and a machine with
// 24 GB is somebody's server, where who wants more says so.
var ladder = [...]struct {
	ram    int64
	limits *Limits
}{
	{2048 * mb, &limits2048}, {1024 * mb, &limits1024}, {512 * mb, &limits512}, {256 * mb, &limits256},
	{128 * mb, &limits128}, {64 * mb, &limits64}, {32 * mb, &limits32},
}

// Fit is the profile on a machine of its kind that has so many bytes of RAM for
// programs (MemTotal), instead of those of the table: with the limits of the largest
// RAM that this is at least 70 % of (kernels and graphics keep up to 30 % for
// themselves) and whose budget fits. Below 48 MB none may fit; the smallest limits
// are taken then. The system is thought to take 40 % at most: who has less memory
// installs less. Less than 1 byte changes nothing.
func (p Profile) Fit(ram int64) Profile {
	if ram < 1 {
		return p
	}
	p.RAM, p.Reserved = min(ram, mostRAM), 0
	p.System = min(p.System, p.RAM/5*2)
	for i := range ladder {
		p.Limits = *ladder[i].limits
		if whole := ladder[i].ram; i > 0 || p.RAM < whole { // the same memory limit, whatever the kernel has left
			p.MemoryShare = int(min(whole*int64(p.MemoryShare)/p.RAM+1, 75))
		}
		if ladder[i].ram/10*7 <= p.RAM && p.Fits() {
			break
		}
	}
	return p
}

// FitContainer is Fit for a container with that limit: the system's share is not in
// it, and nobody but us, so that the runtime gets what the sum leaves, up to 75 %.
func (p Profile) FitContainer(limit int64) Profile {
	if limit < 1 {
		return p
	}
	p.System = 0
	p = p.Fit(limit)
	beside := p.Total() - p.MemoryLimit()
	p.MemoryShare = int(min(max((p.RAM-beside)/(p.RAM/100+1), int64(p.MemoryShare)), 75))
	return p
}

// mostRAM keeps sums of what a file claims far from their end.
const mostRAM = 1 << 50
