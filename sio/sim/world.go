package sim

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime/debug"
	"slices"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// Config is one run. Draw makes one of a seed.
type Config struct {
	Seed     uint64
	Clients  int
	Villains int
	Guests   int           // of plain HTTP and plain WebSockets
	Traffic  time.Duration // how long the clients talk
	// Calm is a run in which nothing is lost: calls are cut short, refused and
	// interrupted, but no connection breaks and nobody misbehaves. All that is
	// sent must arrive then.
	Calm      bool
	Slowly    bool          // AllowRequest takes its time, and refuses some when the run is not calm
	Crowd     bool          // many clients that say little
	Drains    bool          // in good order; with Shutdown
	Rationed  bool          // rates are limited, see ration.go
	Addresses int           // that the good clients share; 0: each has one of its own
	Suspends  int           // how often the machine sleeps
	Jumps     int           // how often somebody sets the clock
	Handover  time.Duration // when another server takes over; 0 for never
	Shutdown  bool          // the server closes at the end, instead of the clients leaving
	Faults    polltest.Faults
	Web       webapp.Options
	Sio       sio.Options
	Loop      poll.Options
	Buffers   int       // of the kernel, per connection and direction
	MaxFDs    int       // descriptors; 0 for no end
	Trace     io.Writer // gets a line for everything that happens

	spoilt   func(w *World)              // of those tests: is called in the middle of the run
	meddle   func(k *spy)                // of those tests too
	sabotage func(p *spacket) []*spacket // of tests of the model: what a client sees in place of p
}

// Result is what came of a run.
type Result struct {
	Hash    uint64 // of everything that happened: the same for the same seed
	Figures Figures
	Err     error // the first violation
}

// World is one run: a kernel, the production stack on it, an app, clients, and
// the model that watches them.
type World struct {
	Config
	kernel     *polltest.Kernel
	spy        *spy
	loop       *poll.Loop
	web        *webapp.App // where clients come to now
	io         *sio.Server
	at         webapp.Addr
	nodes      []node
	naps       []time.Duration // when the machine sleeps
	slept      time.Duration
	app        *app
	model      *model
	visits     map[netip.Addr]*visits
	handshakes calls
	ports      uint16
	closing    bool // it refuses new ones
	handed     bool // there was a hand-over
	clients    []*client
	byName     map[string]*client
	villains   []*villain
	vanished   []*polltest.Peer
	guests     []*guest
	trace      trace
	figures    Figures
	asked      *sent // what onAny saw last
	err        error
	stack      []byte
	watched    int           // turns
	over       time.Duration // since when the budget is overdrawn
	tightLog   bool          // recovery's log may forget by bytes
}

// Run runs one configuration to its end.
func Run(c Config) (r Result) {
	w := &World{Config: c}
	defer func() {
		if v := recover(); v != nil {
			w.fail("panic: %v\n%s", v, debug.Stack())
		}
		r = Result{Hash: w.trace.hash, Figures: w.figures, Err: w.err}
		if w.err != nil && w.stack != nil {
			r.Err = fmt.Errorf("%w\n%s", w.err, w.stack)
		}
	}()
	if err := w.open(); err != nil {
		w.fail("%v", err)
		return
	}
	for _, phase := range []func(){w.talk, w.rest, w.part, w.close} {
		if phase(); w.err != nil {
			return
		}
	}
	return
}

// fail notes the first violation; the run ends.
func (w *World) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("at %v: "+format, append([]any{w.now()}, args...)...)
		w.trace.note("world", "VIOLATION", 0, []byte(w.err.Error()))
	}
}

func (w *World) now() time.Duration { return w.kernel.Monotonic() }

func (w *World) client(name string) *client {
	return w.byName[name]
}

// open builds the stack.
func (w *World) open() (err error) {
	w.figures.Reasons = make(map[sio.Reason]int)
	w.kernel = polltest.New(w.Seed, w.Faults)
	w.kernel.ReceiveBytes, w.kernel.SendBytes, w.kernel.MaxFDs = w.Buffers, w.Buffers, w.MaxFDs
	w.trace = trace{hash: fnvOffset, out: w.Trace, now: w.kernel.Monotonic}
	w.model = newModel(w)
	w.visits = make(map[netip.Addr]*visits)
	w.byName = make(map[string]*client)
	w.spy = &spy{Kernel: w.kernel, w: w, want: make(map[int]poll.Interest)}
	w.Loop.Kernel = w.spy
	w.Loop.HeapSample = func() (used, limit uint64) { return 0, 0 } // the process' own is no matter of the seed's
	if w.meddle != nil {
		w.meddle(w.spy)
	}
	if w.loop, err = poll.New(w.Loop); err != nil {
		return err
	}
	w.Web.Logger = slog.New(slog.DiscardHandler)
	w.Web.OnError = func(err error) {
		w.fail("webapp: %v", err)
		if p, ok := err.(*webapp.PanicError); ok {
			w.stack = p.Stack
		}
	}
	if w.Slowly {
		w.Sio.AllowRequest = w.allow
	}
	w.app = newApp(w)
	if err = w.found(8000); err != nil {
		return err
	}
	if w.Handover > 0 {
		w.app.after(w.Handover, w.handOver)
	}
	rnd := rand.New(rand.NewPCG(w.Seed, 3))
	w.tightLog = w.recovers() && (w.Sio.ConnectionStateRecovery.MaxBytes < 1<<20 || w.Loop.MemoryBytes > 0)
	for i := range w.Clients {
		c := newClient(w, fmt.Sprintf("good%d", i), uint64(i))
		if w.byName[c.name] = c; w.Crowd && i > 5 {
			c.pace = time.Hour // it listens
		}
		w.clients = append(w.clients, c)
		w.kernel.At(time.Duration(rnd.IntN(2000))*time.Millisecond, c.connect)
	}
	for i := range w.Villains {
		v := newVillain(w, fmt.Sprintf("evil%d", i), uint64(i))
		w.villains = append(w.villains, v)
		w.kernel.At(time.Duration(rnd.Int64N(int64(w.Traffic))), v.strike)
	}
	for i := range w.Guests {
		g := newGuest(w, fmt.Sprintf("guest%d", i), uint64(i))
		w.guests = append(w.guests, g)
		w.kernel.At(time.Duration(rnd.IntN(3000))*time.Millisecond, g.come)
	}
	w.clocks(rand.New(rand.NewPCG(w.Seed, 6)))
	w.app.after(time.Second, w.app.tick)
	return w.start()
}

// start listens. A program that cannot have its listener ends: no fault is drawn for that moment.
func (w *World) start() error {
	faults := w.kernel.Faults
	w.kernel.Faults = polltest.Faults{}
	defer func() { w.kernel.Faults = faults }()
	return w.web.Start()
}

// clocks plans what happens to them.
func (w *World) clocks(rnd *rand.Rand) {
	for range w.Suspends {
		w.naps = append(w.naps, time.Duration(rnd.Int64N(int64(w.Traffic))))
	}
	slices.Sort(w.naps)
	for range w.Jumps {
		at, d := time.Duration(rnd.Int64N(int64(w.Traffic))), time.Duration(rnd.IntN(2000)-1000)*time.Hour
		w.kernel.At(at, func() { w.kernel.JumpWall(d) })
	}
}

// nap lets the machine sleep when it is time for that.
func (w *World) nap() {
	if len(w.naps) == 0 || w.now() < w.naps[0] {
		return
	}
	d := w.naps[0]%(20*time.Second) + time.Second
	w.trace.note("world", "sleeps", int64(d), nil)
	w.figures.Naps++
	w.slept += d
	w.naps = w.naps[1:]
	w.kernel.Suspend(d)
}

// late is how late a timer may be.
func (w *World) late() time.Duration {
	d := w.slept
	if w.Faults.Late > 0 {
		d += w.kernel.LateBy
	}
	return d
}

// run turns the loop until a violation, or for d.
func (w *World) run(d time.Duration) {
	w.kernel.Run(w.loop, func() bool {
		w.watch()
		w.nap()
		return w.err != nil
	}, d)
}

// talk is the first phase: traffic.
func (w *World) talk() {
	if w.spoilt == nil {
		w.run(w.Traffic)
		return
	}
	w.run(w.Traffic / 2)
	w.spoilt(w)
	w.run(w.Traffic / 2)
}

// rest is the second: nobody begins anything and nothing breaks; what is under
// way has to arrive in every session that both sides have open afterwards.
func (w *World) rest() {
	for _, c := range w.clients {
		c.quiet = true
	}
	w.app.stopped = true
	w.naps = nil
	w.kernel.Faults = polltest.Faults{ShortRead: w.Faults.ShortRead, ShortWrite: w.Faults.ShortWrite,
		EAGAIN: w.Faults.EAGAIN, EINTR: w.Faults.EINTR, HUP: w.Faults.HUP, Late: w.Faults.Late}
	w.run(w.Sio.PingInterval + w.Sio.PingTimeout + 10*time.Second)
	for _, s := range w.model.order {
		c := s.client
		if c == nil || c.session != s || c.engine.state != engineOpen || w.io.Engine().Session(s.sid) == nil {
			continue
		}
		w.figures.Survivors++
		if n := w.Web.Listen.MaxConns; n > 0 && w.loop.Stats().Conns >= n {
			continue // its requests may still stand in the kernel's queue
		}
		if err := s.quiet(); err != nil {
			w.fail("%v", err)
			return
		}
		if e := c.engine; w.Calm && e.style.upgrade && e.ws == nil && w.Sio.EventRate == 0 { // a probe that floods is dropped
			w.fail("%v has not been upgraded", e)
		}
		for _, x := range c.sockets {
			if len(x.pending) > 0 && w.Calm {
				w.fail("%s waits for an answer to message %d", s.who, x.pending[0].q.number)
			}
		}
	}
	if alive := w.io.Engine().Stats().Sessions; w.Calm && w.figures.Lost > 0 || w.Calm && alive < w.Clients {
		w.fail("calm, and %d of %d sessions are left, %d were lost", alive, w.Clients, w.figures.Lost)
	}
}

// part is the third: everybody goes, and nothing may remain of them.
func (w *World) part() {
	rnd := rand.New(rand.NewPCG(w.Seed, 4))
	if w.Shutdown {
		w.closing = true
		for _, s := range w.model.order {
			s.allow(sio.ServerShutdown)
		}
		if w.Drains {
			w.drain()
		}
		w.io.Close()
		w.run(3 * time.Second)
	}
	for _, c := range w.clients {
		c.away = true
		how := farewell(rnd.IntN(int(farewells)))
		w.kernel.After(time.Duration(rnd.IntN(2000))*time.Millisecond, func() { c.leave(how) })
	}
	for _, v := range w.villains {
		v.stop()
	}
	for _, g := range w.guests {
		g.end()
	}
	// The longest things that a server may wait for, one after the other.
	w.run(w.Sio.PingInterval + w.Sio.PingTimeout + w.Sio.ConnectTimeout + w.Web.IdleTimeout + 100*time.Second)
	if w.err != nil {
		return
	}
	if err := w.model.finish(); err != nil {
		w.fail("%v", err)
	}
	w.count()
}

// close ends the stack.
func (w *World) close() {
	for _, n := range w.nodes {
		n.io.Close()
		n.web.Stop()
	}
	w.run(4 * time.Second)
	if n := w.loop.Stats(); n.Conns != 0 || n.Timers != 0 {
		w.fail("after Stop: %d connections, %d timers", n.Conns, n.Timers)
	}
	if err := w.loop.Close(); err != nil {
		w.fail("Close: %v", err)
	}
	if err := w.kernel.Check(); err != nil {
		w.fail("%v", err)
	}
}
