package boards

import (
	"math"
	"math/rand/v2"
	"testing"
)

// sensible checks what holds for every profile, of the table or of any machine.
func sensible(t *testing.T, p Profile) {
	t.Helper()
	limits := []struct {
		what             string
		value, low, high int
	}{
		{"descriptors", p.Descriptors, 2*p.MaxConns + ownDescriptors, 1 << 20},
		{"read buffer", p.ReadBuffer, 16 << 10, 64 << 10},
		{"socket buffer", p.SocketBuffer, 16 << 10, 64 << 10},
		{"soft output", p.SoftOutput, 32 << 10, p.HardOutput / 4},
		{"hard output", p.HardOutput, 2*p.MaxPayload + 1, int(min(max(p.PeersBudget(), 512<<10), math.MaxInt32))},
		{"payload", p.MaxPayload, 128 << 10, 1e6}, // Socket.IO's default is the most
		{"GC percent", p.GCPercent, 50, 100},
		{"memory share", p.MemoryShare, 10, 75},
		{"connections", p.MaxConns, 250, 32000},
		{"TLS connections", p.MaxTLSConns, 50, p.MaxConns},
	}
	if p.RAM < 32*mb { // limits32, whatever it is
		limits[4].high = math.MaxInt
	}
	for _, l := range limits {
		if l.value < l.low || l.value > l.high {
			t.Errorf("%s with %d MB: %s %d, want %d to %d", p.Name, p.RAM/mb, l.what, l.value, l.low, l.high)
		}
	}
	for _, l := range p.Budget() {
		if l.Bytes < 0 || l.Owner == "" || l.Why == "" {
			t.Errorf("%s with %d MB: %+v", p.Name, p.RAM/mb, l)
		}
	}
}

// The sum fits the board, and that of the heap the memory limit, to the byte.
func TestBudgetFits(t *testing.T) {
	for _, p := range Profiles() {
		sensible(t, p)
		lines := p.Budget()
		if p.Total() > p.RAM || heap(lines) != p.MemoryLimit() || !p.Fits() {
			t.Errorf("%s: %d bytes of %d, heap %d of %d: %+v", p.Name, p.Total(), p.RAM, heap(lines), p.MemoryLimit(), lines)
		}
		sum := int64(0)
		for _, l := range lines {
			sum += l.Bytes
		}
		if sum != p.Total() {
			t.Errorf("%s: sum %d, total %d", p.Name, sum, p.Total())
		}
		if p.MemoryLimit() > p.RAM/100*50 { // others live on a board, too
			t.Errorf("%s: a memory limit of %d MB", p.Name, p.MemoryLimit()/mb)
		}
	}
}

// What does not fit is told: the test above can fail.
func TestBudgetTellsWhatDoesNotFit(t *testing.T) {
	for name, change := range map[string]func(p *Profile){
		"connections":    func(p *Profile) { p.MaxConns *= 4 },
		"TLS":            func(p *Profile) { p.MaxTLSConns = p.MaxConns },
		"collector":      func(p *Profile) { p.GCPercent = 100 },
		"share, too low": func(p *Profile) { p.MemoryShare -= 5 },
		"share":          func(p *Profile) { p.MemoryShare += 15 },
		"system":         func(p *Profile) { p.System += 10 * mb },
	} {
		p, _ := ByName("ath79")
		if change(&p); p.Fits() {
			t.Errorf("%s: fits", name)
		}
	}
}

// On any machine of any kind the limits fit what is there, from a little more than
// what the system needs on, and grow with the RAM.
func TestFit(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, kind := range Profiles() {
		least := Profile{}
		for ram := int64(16 * mb); ram < 1<<36; ram += ram / int64(8+r.IntN(8)) {
			p := kind.Fit(ram)
			sensible(t, p)
			if p.RAM != ram || p.Reserved != 0 || p.Name != kind.Name {
				t.Fatalf("%+v", p)
			}
			if !p.Fits() && ram >= 52*mb {
				t.Errorf("%s with %d kB: %d kB do not fit, heap %d of %d", p.Name, ram>>10, p.Total()>>10,
					heap(p.Budget())>>10, p.MemoryLimit()>>10)
			}
			if p.MaxConns < least.MaxConns || p.MemoryLimit() < least.MemoryLimit()/2 {
				t.Errorf("%s with %d MB: %d connections, with less %d", p.Name, ram/mb, p.MaxConns, least.MaxConns)
			}
			least = p
		}
		if least.Limits != limits2048 {
			t.Errorf("%s: on a server %+v", kind.Name, least.Limits)
		}
	}
}

// A board whose kernel keeps its usual part is the board of the table.
func TestFitBoards(t *testing.T) {
	for _, c := range []struct {
		name     string
		total    int64 // kB, MemTotal as such boards show it
		maxConns int
	}{
		{"ath79", 59728, 1000}, {"ramips", 123456, 2000}, {"rpi-zero", 188000, 4000}, {"rpi-zero", 443080, 8000},
		{"rpi3", 443080, 8000}, {"rpi3", 945364, 16000}, {"rpi4", 1900000, 32000}, {"rpi5", 8050000, 32000},
		{"kirkwood", 125000, 2000}, {"kirkwood", 510000, 8000}, {"x86-64", 24683000, 32000}, {"x86-64", 1000000, 16000},
	} {
		p, _ := ByName(c.name)
		if got := p.Fit(c.total << 10); got.MaxConns != c.maxConns {
			t.Errorf("%s with %d kB: %d connections, want %d", c.name, c.total, got.MaxConns, c.maxConns)
		}
	}
}

// In a container there is nobody but us: from 32 MB on it fits, and more of it is the runtime's.
func TestFitContainer(t *testing.T) {
	for _, kind := range Profiles() {
		for limit := int64(32 * mb); limit < 1<<36; limit += limit / 7 {
			p := kind.FitContainer(limit)
			sensible(t, p)
			if !p.Fits() || p.MemoryShare < kind.Fit(limit).MemoryShare {
				t.Errorf("%s with %d MB: %+v", p.Name, limit/mb, p)
			}
		}
	}
	p := Detect(Machine{Arch: "amd64", RAM: 24 << 30, Container: 64 * mb})
	if q, _ := ByName("x86-64"); p.Limits.MaxConns != 1000 || p.RAM != 64*mb || p.MemoryShare <= limits64.MemoryShare {
		t.Errorf("%+v, on the board %+v", p, q)
	}
	if p := Detect(Machine{Arch: "amd64", RAM: 64 * mb, Container: 24 << 30}); p.RAM != 64*mb || p.System == 0 {
		t.Errorf("a container that is larger than the machine: %+v", p)
	}
}

// A service whose limit leaves the kernel and the system their part (systemd's MemoryMax=75%) is on its board: what the
// board allows it has room there.
func TestRoomyContainer(t *testing.T) {
	for _, kind := range Profiles() {
		m := Machine{Arch: kind.Build.GOARCH, RAM: kind.RAM - kind.Reserved}
		if len(kind.Models) > 0 {
			m.Model = kind.Models[0]
		}
		board := Detect(m)
		m.Container = m.RAM / 4 * 3
		if p := Detect(m); p.Limits != board.Limits || p.RAM != board.RAM {
			t.Errorf("%s: %d connections and %d MB instead of %d and %d", p.Name, p.MaxConns, p.MemoryLimit()/mb,
				board.MaxConns, board.MemoryLimit()/mb)
		}
	}
}
