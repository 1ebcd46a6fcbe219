package handover

import (
	"bufio"
	"errors"
	"fmt"
	"syscall"

	"github.com/edgesio/edgesio/poll"
	"golang.org/x/sys/unix"
)

// Pid is the new process while a hand-over is under way or done, else 0.
func (s *Succession) Pid() int { return s.pid }

// UnderWay tells whether a hand-over has begun that is neither done nor failed.
func (s *Succession) UnderWay() bool { return s.stage != idle && s.stage != done }

// Abort ends a hand-over that is not done, for a program that ends itself: the new process is killed. Failed is called.
func (s *Succession) Abort() {
	if s.UnderWay() {
		s.fail(ErrStopped)
	}
}

// write queues a part of the state.
func (s *Succession) write(part Part) {
	p := &pieces{dst: s.out, limit: s.options.MaxStateBytes}
	b := bufio.NewWriterSize(p, pieceBytes)
	err := s.giver.State(part, b)
	if err == nil {
		err = b.Flush()
	}
	if err != nil {
		s.fail(err)
		return
	}
	s.out = appendMessage(p.dst, kindEnd, nil)
	if part == Rest {
		s.out = appendMessage(s.out, kindGo, nil)
	}
	s.flush()
}

// flush writes what the socket takes, and waits for what is next.
func (s *Succession) flush() {
	for len(s.out) > 0 {
		n, err := unix.Write(s.fd, s.out)
		if err == unix.EAGAIN {
			break
		}
		if err != nil && err != unix.EINTR {
			s.read() // it may have told why it ended
			s.fail(fmt.Errorf("handover: %w", err))
			return
		}
		s.out = s.out[max(n, 0):]
	}
	want := poll.Readable
	if len(s.out) > 0 {
		want |= poll.Writable
	} else {
		s.out = nil
	}
	_ = s.loop.Remove(s.fd) // the first time it is not watched
	if err := s.loop.Add(s.fd, want, s.ready); err != nil {
		s.fail(err)
	}
}

func (s *Succession) ready(_ int, got poll.Interest) {
	if got&poll.Readable != 0 && !s.read() {
		return
	}
	if len(s.out) > 0 {
		s.flush()
	}
}

// read takes what the new process sent, and tells whether there is more to do.
func (s *Succession) read() bool {
	var b [1024]byte
	n, err := unix.Read(s.fd, b[:])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return true
	case err != nil:
		s.fail(fmt.Errorf("handover: %w", err))
		return false
	case n == 0:
		s.fail(errors.New("handover: the new process ended"))
		return false
	}
	s.in = append(s.in, b[:n]...)
	for s.fd >= 0 {
		k, payload, n, err := cutMessage(s.in)
		if err != nil {
			s.fail(err)
		}
		if err != nil || n == 0 {
			break
		}
		text := string(payload)
		s.in = s.in[n:]
		s.on(k, text)
	}
	return s.fd >= 0
}

// on goes on with the next stage.
func (s *Succession) on(k kind, text string) {
	switch {
	case k == kindFault:
		s.fail(fmt.Errorf("handover: the new process: %q", text))
	case k == kindTaken && s.stage == rehearse:
		s.stage = frozen
		s.loop.Arm(&s.timer, s.options.FrozenTime, s)
		s.loop.After(0, func() { // behind what the next turn reads: clients have sent it already
			if s.stage == frozen && s.fd >= 0 {
				s.giver.Freeze()
				s.write(Frozen)
			}
		})
	case k == kindTaken && s.stage == frozen:
		s.stage = waiting
		s.write(Rest)
	case k == kindTaken && s.stage == waiting:
	case k == kindServing && s.stage == waiting:
		s.stage = done
		s.loop.Disarm(&s.timer)
		s.close()
		s.giver.Done(s.pid)
	default:
		s.fail(errForm)
	}
}

// OnTimer ends a hand-over that takes too long.
func (s *Succession) OnTimer(*poll.Timer) {
	s.fail(errors.New("handover: the new process does not answer in time"))
}

// close lets go of the socket.
func (s *Succession) close() {
	if s.fd >= 0 {
		_ = s.loop.Remove(s.fd) // it may not be watched yet
		unix.Close(s.fd)
	}
	s.fd, s.in, s.out = -1, nil, nil
}

// fail ends a hand-over: when the new process is no more, which must not serve beside this one, the program goes on.
func (s *Succession) fail(err error) {
	if !s.UnderWay() || s.fd < 0 {
		return
	}
	s.loop.Disarm(&s.timer)
	if s.stage == starting { // the fork is under way
		s.early = err
		s.close()
		return
	}
	// In the middle of a message the word is lost: the process is killed in any case.
	_, _ = unix.Write(s.fd, appendMessage(nil, kindAbort, nil))
	s.end(err)
}

// end lets go of the new process.
func (s *Succession) end(err error) {
	s.loop.Disarm(&s.timer)
	s.close()
	s.reap(func() {
		s.stage = idle
		s.giver.Failed(err)
	})
}

// reap kills the new process, waits for its end off the loop, and calls then.
func (s *Succession) reap(then func()) {
	pid := s.pid
	if s.pid = 0; pid <= 0 {
		then()
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	wait := func() {
		var status syscall.WaitStatus
		for {
			if _, err := syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
				return
			}
		}
	}
	if s.loop.Go(wait, then) != nil { // the workers are busy: the process is killed, so that it does not take long
		wait()
		then()
	}
}
