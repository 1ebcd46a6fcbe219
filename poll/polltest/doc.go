// Package polltest is a [poll.Kernel] in memory. The production loop runs on it
// unmodified: a test has a virtual clock, peers that are values instead of
// sockets, faults at chosen rates, and one seed that replays it all.
//
//	k := polltest.New(seed, polltest.Faults{ShortRead: 0.2, ShortWrite: 0.2})
//	loop, _ := poll.New(poll.Options{Kernel: k})
//	ln, _ := loop.Listen(poll.ListenOptions{Address: "127.0.0.1:80", Accept: accept})
//	p := k.Dial("127.0.0.1:80")
//	p.Write([]byte("hello"))
//	k.Run(loop, func() bool { return p.EOF() }, time.Minute)
//	fmt.Printf("%s", p.Read())
//	loop.Close()
//	err := k.Check() // descriptors that were left open
//
// Time passes only in [Kernel.Wait], when nothing is ready: it jumps to the next
// event of the script ([Kernel.At], [Kernel.After]) or to the end of the wait. A
// peer gets what the server wrote in the next Wait, never within a call of the
// server. Which of several ready descriptors is reported first is drawn from the
// seed, and numbers are reused at once, the lowest first, so that a stale report
// meets the wrong connection if there is one.
//
// The kernel is strict: using a descriptor that is closed or unknown, closing or
// registering one twice, or a wait that nothing can end panics with the seed.
package polltest
