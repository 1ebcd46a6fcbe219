package boards

// The limits by RAM.
var (
	limits64 = Limits{Descriptors: 2048, ReadBuffer: 32 << 10, SocketBuffer: 16 << 10,
		SoftOutput: 64 << 10, HardOutput: 1 << 20, MaxPayload: 256 << 10,
		GCPercent: 50, MemoryShare: 30, MaxConns: 1000, MaxTLSConns: 250}
	limits128 = Limits{Descriptors: 4096, ReadBuffer: 32 << 10, SocketBuffer: 16 << 10,
		SoftOutput: 128 << 10, HardOutput: 1 << 20, MaxPayload: 512 << 10,
		GCPercent: 50, MemoryShare: 30, MaxConns: 2000, MaxTLSConns: 500}
	limits256 = Limits{Descriptors: 8192, ReadBuffer: 64 << 10, SocketBuffer: 16 << 10,
		SoftOutput: 256 << 10, HardOutput: 4 << 20, MaxPayload: 1e6,
		GCPercent: 50, MemoryShare: 25, MaxConns: 4000, MaxTLSConns: 1000}
	limits512 = Limits{Descriptors: 16384, ReadBuffer: 64 << 10, SocketBuffer: 32 << 10,
		SoftOutput: 256 << 10, HardOutput: 4 << 20, MaxPayload: 1e6,
		GCPercent: 100, MemoryShare: 30, MaxConns: 8000, MaxTLSConns: 2000}
	limits1024 = Limits{Descriptors: 32768, ReadBuffer: 64 << 10, SocketBuffer: 32 << 10,
		SoftOutput: 256 << 10, HardOutput: 4 << 20, MaxPayload: 1e6,
		GCPercent: 100, MemoryShare: 40, MaxConns: 16000, MaxTLSConns: 4000}
	limits2048 = Limits{Descriptors: 65536, ReadBuffer: 64 << 10, SocketBuffer: 64 << 10,
		SoftOutput: 256 << 10, HardOutput: 4 << 20, MaxPayload: 1e6,
		GCPercent: 100, MemoryShare: 50, MaxConns: 32000, MaxTLSConns: 8000}
)
