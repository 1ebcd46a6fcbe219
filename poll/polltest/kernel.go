package polltest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// Kernel is a poll.Kernel in memory. The exported fields may be changed at any
// time; all but Wake is for one goroutine.
type Kernel struct {
	Seed   uint64
	Faults Faults
	Calls  Calls
	// ReceiveBytes and SendBytes bound the two buffers of a connection on the
	// server's side. Default 64 KiB each.
	ReceiveBytes, SendBytes int
	// MaxFDs is the size of the descriptor table: EMFILE beyond. Default 0: no end.
	MaxFDs int
	// NoSendFile makes SendFile report ENOSYS.
	NoSendFile bool
	// AcceptErrors are what the next calls of Accept with a caller report.
	AcceptErrors []poll.Errno
	// Fail, if set, is asked before each call what it shall report; 0 lets it
	// work. fd is the descriptor, -1 for Wait, Listen and Reserve. A call that
	// fails has done nothing, but CloseFD and Reset have closed, and Accept has lost the
	// caller with an error of that caller's socket.
	Fail func(call Call, fd int) poll.Errno
	// LateBy bounds what Faults.Late adds. Default 100 ms.
	LateBy time.Duration

	chance *rand.Rand // faults and order
	secret *rand.Rand // what Random gives: the same whatever the faults do
	now    time.Duration
	wall   time.Duration // JumpWall
	script script
	files  []*file // by descriptor
	peers  []*Peer // with something to deliver, or alive
	found  []poll.Ready
	port   uint16 // last one given to a caller or to port 0
	wake   chan struct{}
	idle   int // turns since the clock moved
	closed atomic.Bool
}

var _ poll.Kernel = (*Kernel)(nil)

// New makes a kernel; the same seed, faults and test give the same run.
func New(seed uint64, f Faults) *Kernel {
	return &Kernel{
		Seed: seed, Faults: f, ReceiveBytes: 64 << 10, SendBytes: 64 << 10, LateBy: 100 * time.Millisecond,
		chance: rand.New(rand.NewPCG(seed, 1)), secret: rand.New(rand.NewPCG(seed, 2)),
		files: make([]*file, 3, 16), // 0, 1 and 2 are never given out
		port:  40000, wake: make(chan struct{}, 1),
	}
}

// wakeTime is the real time that a wait without any scheduled event gives other
// goroutines to call Wake.
const wakeTime = 10 * time.Second

// Wait runs the world: script, delivery, readiness; if nothing is ready the
// clock jumps.
func (k *Kernel) Wait(ready []poll.Ready, timeout time.Duration) (int, poll.Errno) {
	k.Calls.Waits++
	k.alive()
	if errno := k.scripted(CallWait, -1); errno != 0 {
		return 0, errno
	}
	if k.fault(k.Faults.EINTR) {
		return 0, syscall.EINTR
	}
	end := k.now + timeout
	for {
		k.script.run(k.now)
		k.deliver()
		n := k.collect(ready)
		if n > 0 || k.woken() || timeout >= 0 && k.now >= end {
			return n, 0
		}
		next, any := k.script.next()
		switch {
		case any && (timeout < 0 || next < end):
			k.sleep(next)
		case timeout >= 0:
			k.sleep(end)
		default:
			k.block()
			return 0, 0
		}
	}
}

func (k *Kernel) pass(to time.Duration) {
	if to > k.now {
		k.now, k.idle = to, 0
	}
}

func (k *Kernel) woken() bool {
	select {
	case <-k.wake:
		return true
	default:
		return false
	}
}

func (k *Kernel) block() {
	select {
	case <-k.wake:
	case <-time.After(wakeTime):
		k.fail("the loop waits for ever: nothing is ready, scheduled or armed")
	}
}

// collect fills ready with what is ready, in an order drawn from the seed.
func (k *Kernel) collect(ready []poll.Ready) int {
	k.found = k.found[:0]
	for fd, f := range k.files {
		if f == nil || !f.registered {
			continue
		}
		is, broken := f.level(k)
		if got := is & f.want; broken {
			k.hangUp(fd, got)
		} else if got != 0 {
			k.found = append(k.found, poll.Ready{FD: int32(fd), Got: got})
		}
	}
	k.chance.Shuffle(len(k.found), func(i, j int) { k.found[i], k.found[j] = k.found[j], k.found[i] })
	return copy(ready, k.found)
}

// Wake ends the present Wait or the next one; any goroutine may call it.
func (k *Kernel) Wake() {
	if k.closed.Load() {
		k.fail("Wake after Close")
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Register asks for readiness of fd.
func (k *Kernel) Register(fd int, want poll.Interest) poll.Errno {
	f := k.file(fd, "register")
	if f.registered {
		k.fail("descriptor %d (%s) is registered twice", fd, f.what)
	}
	k.Calls.Registers++
	if errno := k.refused(CallRegister, fd); errno != 0 {
		return errno
	}
	f.registered, f.want = true, want
	return 0
}

// Modify changes what is asked for.
func (k *Kernel) Modify(fd int, want poll.Interest) poll.Errno {
	k.Calls.Modifies++
	f := k.registered(fd, "modify")
	if errno := k.refused(CallModify, fd); errno != 0 {
		return errno
	}
	f.want = want
	return 0
}

// Unregister forgets fd, which stays open.
func (k *Kernel) Unregister(fd int) poll.Errno {
	k.Calls.Unregisters++
	f := k.registered(fd, "unregister")
	if errno := k.scripted(CallUnregister, fd); errno != 0 {
		return errno
	}
	f.registered = false
	return 0
}

// Reserve opens a descriptor that stands for nothing.
func (k *Kernel) Reserve() (int, poll.Errno) {
	k.Calls.Reserves++
	if errno := k.refused(CallReserve, -1); errno != 0 {
		return -1, errno
	}
	if k.tableFull() {
		return -1, syscall.EMFILE
	}
	return k.open(&file{what: "reserve"}), 0
}

// Monotonic is the virtual time since New.
func (k *Kernel) Monotonic() time.Duration { return k.now }

// Wall is the virtual time on a calendar that starts with 2026, and JumpWall.
func (k *Kernel) Wall() time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(k.now + k.wall)
}

// Random fills p from the seed.
func (k *Kernel) Random(p []byte) {
	for i := range p {
		p[i] = byte(k.secret.Uint32())
	}
}

// Close ends the kernel; the loop calls it. Check tells what is still open.
func (k *Kernel) Close() error {
	k.alive()
	k.closed.Store(true)
	return nil
}

// Open is the number of open descriptors, listeners and reserves included.
func (k *Kernel) Open() int {
	n := 0
	for _, f := range k.files {
		if f != nil {
			n++
		}
	}
	return n
}

// Check returns an error that names the descriptors left open, or nil. Call it
// after the loop was closed.
func (k *Kernel) Check() error {
	var left []string
	for fd, f := range k.files {
		if f != nil {
			left = append(left, fmt.Sprintf("%d (%s)", fd, f.what))
		}
	}
	if left == nil {
		return nil
	}
	return fmt.Errorf("polltest: seed %d: descriptors left open: %v", k.Seed, left)
}

// Descriptor opens a descriptor for Loop.Add: it is ready for what Signal says.
// Close it with CloseFD.
func (k *Kernel) Descriptor() int { return k.open(&file{what: "user"}) }

// Signal sets what a descriptor made by Descriptor is ready for.
func (k *Kernel) Signal(fd int, is poll.Interest) { k.file(fd, "signal").signal = is }

// spinTurns without the clock moving make Run give up.
const spinTurns = 1 << 20

// Run turns the loop until until returns true, and reports that it did within
// max of virtual time.
func (k *Kernel) Run(l *poll.Loop, until func() bool, max time.Duration) bool {
	end := k.now + max
	for k.idle = 0; !until(); k.idle++ {
		if k.now >= end {
			return false
		}
		if k.idle > spinTurns {
			k.fail("the loop spins: %d turns at %v", k.idle, k.now)
		}
		if err := l.Poll(end - k.now); err != nil {
			k.fail("Poll: %v", err)
		}
	}
	return true
}

// Sleep turns the loop for d of virtual time.
func (k *Kernel) Sleep(l *poll.Loop, d time.Duration) {
	k.Run(l, func() bool { return false }, d)
}

// Await is Run in real time for what other goroutines do (Loop.Go, Post): the
// clock stands still. It reports whether until returned true within ten seconds.
func (k *Kernel) Await(l *poll.Loop, until func() bool) bool {
	for range int(wakeTime / time.Millisecond) {
		for range 8 {
			if until() {
				return true
			}
			if err := l.Poll(0); err != nil {
				k.fail("Poll: %v", err)
			}
		}
		time.Sleep(time.Millisecond)
	}
	return until()
}

func (k *Kernel) fault(rate float64) bool { return rate > 0 && k.chance.Float64() < rate }

func (k *Kernel) alive() {
	if k.closed.Load() {
		k.fail("the kernel is closed")
	}
}

func (k *Kernel) fail(format string, args ...any) {
	panic(fmt.Sprintf("polltest: seed %d at %v: ", k.Seed, k.now) + fmt.Sprintf(format, args...))
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})
