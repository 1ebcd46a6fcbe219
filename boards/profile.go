package boards

// Profile is one kind of board.
type Profile struct {
	Name  string // of make board-NAME and of the gateway's -profile, such as "rpi-zero"
	Title string // for people: "Raspberry Pi 1 and Zero"

	// Models are beginnings of what the board or its chip calls itself, in lower
	// case: of Machine.Model or SoC. None: it is found by its architecture only.
	Models []string

	Build         Build
	Emulator, CPU string // "qemu-arm-static" and its -cpu, "arm1176"; "": the machine that builds
	Wrong         Build  // a build with instructions that this CPU does not have; zero: there is none

	RAM        int64 // bytes that the smallest board of the kind has
	Cores, MHz int   // its CPU
	Reserved   int64 // of RAM, what the kernel and the graphics keep: it is not in MemTotal
	System     int64 // of RAM, what the usual system of the board takes: drivers, programs, their page cache

	Limits
}

// Limits are what the program allows on a machine. They follow from its RAM.
type Limits struct {
	Descriptors  int // RLIMIT_NOFILE that the service asks for
	ReadBuffer   int // bytes, of the loop: poll.Options.ReadBufferBytes
	SocketBuffer int // bytes of SO_SNDBUF, and of SO_RCVBUF
	SoftOutput   int // bytes, poll.Limits.SoftBytes
	HardOutput   int // bytes, poll.Limits.HardBytes: more than two of MaxPayload
	MaxPayload   int // bytes of a message, eio.Options.MaxHTTPBufferSize
	GCPercent    int // GOGC
	MemoryShare  int // percent of RAM that the Go runtime may use, GOMEMLIMIT
	MaxConns     int // connections at a time
	MaxTLSConns  int // how many of them when all speak TLS
}

// Build is what the Go command is told about a CPU; what is "" is not set.
type Build struct {
	GOOS, GOARCH                                         string
	GOAMD64, GOARM, GOARM64, GOMIPS, GOMIPS64, GORISCV64 string
}

// Env is the build as variables of the environment, as os/exec wants them:
// "GOOS=linux", "GOARCH=arm", "GOARM=6". A variable that is not listed must not
// be taken from the environment of the one who builds; Go's default holds then.
func (b Build) Env() []string {
	var env []string
	for _, v := range [...][2]string{
		{"GOOS", b.GOOS}, {"GOARCH", b.GOARCH}, {"GOAMD64", b.GOAMD64}, {"GOARM", b.GOARM},
		{"GOARM64", b.GOARM64}, {"GOMIPS", b.GOMIPS}, {"GOMIPS64", b.GOMIPS64}, {"GORISCV64", b.GORISCV64},
	} {
		if v[1] != "" {
			env = append(env, v[0]+"="+v[1])
		}
	}
	return env
}

// Profiles are all profiles, in the order of the table. The slice is the caller's.
func Profiles() []Profile { return append([]Profile(nil), table[:]...) }

// ByName is the profile of that name.
func ByName(name string) (Profile, bool) {
	for i := range table {
		if table[i].Name == name {
			return table[i], true
		}
	}
	return Profile{}, false
}
