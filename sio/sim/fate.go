package sim

import (
	"bytes"
	"time"
)

// Where a session ends is drawn from the steps of the protocol itself.

// step is a moment in the life of a client's session.
type step uint8

const (
	atHead   step = iota // within the head of a polling request
	atBody               // within the body of a POST
	atHello              // within a WebSocket's request
	atFrame              // within a frame
	atPoll               // while a GET stands
	atPost               // while a POST waits for its answer
	atSwitch             // behind the 101
	atProbe              // behind the probe
	atPause              // the probe was answered, and the client says nothing more
	atMove               // behind the upgrade packet
	atJoin               // behind a CONNECT
	atHeader             // between the header of a binary packet and its attachments
	steps
)

// String names it.
func (s step) String() string {
	return [...]string{"head", "body", "hello", "frame", "poll", "post", "switch", "probe", "pause", "move", "join",
		"header"}[s]
}

// fate is the end of a session that is drawn when it begins.
type fate struct {
	at   step
	skip int // so often it passes by
	how  farewell
	wait time.Duration
}

// doom draws the fate of a session, nil for none.
func (c *client) doom() *fate {
	if c.w.Calm || c.w.Crowd || c.rnd.IntN(4) > 0 {
		return nil
	}
	f := &fate{at: step(c.rnd.IntN(int(steps))), how: leaveFIN + farewell(c.rnd.IntN(int(farewells-leaveFIN)))}
	if c.rnd.IntN(2) == 0 {
		f.skip = c.rnd.IntN(20)
	}
	if c.rnd.IntN(2) == 0 {
		f.wait = time.Duration(c.rnd.IntN(200)) * time.Millisecond
	}
	return f
}

// struck tells whether the session ends at this step.
func (e *engine) struck(at step) *fate {
	f := e.fate
	if f == nil || f.at != at {
		return nil
	}
	if f.skip--; f.skip >= 0 {
		return nil
	}
	e.fate = nil
	e.w.figures.Fates[at]++
	e.w.trace.note(e.who, "fate", int64(at), []byte(at.String()+" "+f.how.String()))
	return f
}

// reach ends the session if that is its fate here.
func (e *engine) reach(at step) {
	if f := e.struck(at); f != nil {
		e.w.kernel.After(f.wait, func() { e.end(f) })
	}
}

func (e *engine) end(f *fate) {
	if e.state != engineClosed {
		e.onFate(f.how)
	}
}

// gate cuts what a line is about to send short if that is the session's fate.
func (e *engine) gate(l *line, at step, b []byte) ([]byte, func()) {
	from, to := 0, len(b)
	if head := bytes.Index(b, []byte("\r\n\r\n")); at == atHead && head > 0 {
		if e.fate != nil && e.fate.at == atBody && head+4 < to {
			at, from = atBody, head+4
		} else {
			to = head + 3
		}
	}
	f := e.struck(at)
	if f == nil || from == to {
		return b, nil
	}
	return b[:from+e.rnd.IntN(to-from)], func() {
		l.later(&l.outDue, func() { e.w.kernel.After(f.wait, func() { e.end(f) }) })
	}
}
