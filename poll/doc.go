// Package poll is the event loop that everything runs on: one goroutine, one
// [Loop], no locks. A program makes a loop, binds listeners, timers and
// descriptors to it, and turns it:
//
//	loop, err := poll.New(poll.Options{})
//	ln, err := loop.Listen(poll.ListenOptions{Address: ":8000", Accept: accept})
//	for { loop.Poll(50 * time.Millisecond) } // or loop.Run(ctx)
//
// What holds:
//
//   - Every callback runs on the goroutine that calls Poll. Only [Loop.Post] and
//     [Loop.Stop] are for others; [Loop.Go] sends work away and brings the answer
//     back.
//   - A turn waits, reads each ready connection once into one shared buffer, runs
//     what was posted, then the timers that are due, and ends with one write for
//     each connection that has output, however many writes made it.
//   - [Conn.Write] never blocks and never fails in the middle: it tells ok,
//     pressure or dropped. A peer that does not read is closed by [Limits]: above
//     SoftBytes after a while, above HardBytes at once.
//   - [Conn.SendFile] sends a part of a file in its place among the writes, without
//     reading it into memory, a bounded piece a turn.
//   - A [Handler] gets OnClose exactly once, as its last call, with the reason. The
//     descriptor is released after it, at the end of the turn, so that no event
//     meets a number that was given out again.
//   - [Conn.Close] delivers what is queued, also to a peer that is still sending.
//     [Conn.Abort] does not, and leaves nothing of it to the system either.
//   - Time is read once per turn ([Loop.Now]). A [Timer] lies in the value that
//     waits for it.
//   - An idle connection holds no buffer. Nothing on the way of a message from the
//     kernel to the handler and back allocates.
//   - A [Listener] survives a full descriptor table.
//   - A callback that panics ends what it was called for and not the turn, see
//     [PanicError]. A machine short of memory ends no connection. A turn that takes
//     too long is named ([Loop.Mark]), one that does not end is seen ([Loop.Watch]).
//
// The world is behind [Kernel]: epoll, kqueue, or the kernel in memory of package
// poll/polltest, with a virtual clock, faults and a seed, for tests of everything
// above.
//
// Read next: loop.go, where turn is the program's heart beat; then conn.go; then
// the doc of package webapp.
package poll
