package webapp

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// simApp answers at once, later, or with the body; and counts what became of
// what it parked.
type simApp struct {
	k               *polltest.Kernel
	loop            *poll.Loop
	parked, aborted int
	answered        int
}

type simWait struct {
	app *simApp
	end bool
}

func (w *simWait) OnAbort(*Response) { w.end = true; w.app.aborted++ }

func (s *simApp) setup(app *App) {
	app.Get("/now/:n", func(req *Request, res *Response) { res.End("now " + req.Param("n")) })
	app.Get("/big/:n", func(req *Request, res *Response) { res.End(strings.Repeat("big "+req.Param("n")+" ", 10000)) })
	app.Get("/later/:n", func(req *Request, res *Response) {
		w := &simWait{app: s}
		n := req.Param("n")
		s.parked++
		res.OnAbort(w)
		s.loop.After(time.Duration(s.k.IntN(500))*time.Millisecond, func() {
			if !w.end {
				s.answered++
				res.End("later " + n)
			}
		})
	})
	app.Use("/slow", func(_ *Request, _ *Response, next Next) {
		s.loop.After(time.Duration(s.k.IntN(100))*time.Millisecond, func() { next(nil) })
	})
	app.Post("/slow/:n", s.body)
	app.Post("/body/:n", s.body)
}

func (s *simApp) body(req *Request, res *Response) {
	n := req.Param("n")
	req.Body(1<<20, func(b []byte, err error) {
		if err == nil {
			res.End(n + " " + string(b))
		}
	})
}

// simClient pipelines requests in pieces and checks every answer.
type simClient struct {
	p        *polltest.Peer
	k        *polltest.Kernel
	wire     []byte
	want     []string
	in       []byte
	quits    bool // goes away in the middle
	trickles bool // a piece at a time
	bad      string
}

func newSimClient(k *polltest.Kernel) *simClient {
	c := &simClient{k: k, p: k.Dial("127.0.0.1:80"), quits: k.Coin(0.2), trickles: k.Coin(0.5)}
	for i := range 1 + k.IntN(12) {
		body := strings.Repeat(string(rune('a'+i)), k.IntN(3000))
		switch k.IntN(7) {
		case 0, 1:
			c.add(get(fmt.Sprintf("/now/%d", i)), fmt.Sprintf("now %d", i))
		case 2:
			c.add(get(fmt.Sprintf("/big/%d", i)), strings.Repeat(fmt.Sprintf("big %d ", i), 10000))
		case 3:
			c.add(get(fmt.Sprintf("/later/%d", i)), fmt.Sprintf("later %d", i))
		case 4:
			c.add(request("POST", fmt.Sprintf("/body/%d", i), body), fmt.Sprintf("%d %s", i, body))
		case 5:
			c.add(request("POST", fmt.Sprintf("/slow/%d", i), body), fmt.Sprintf("%d %s", i, body))
		case 6:
			wire := strings.Replace(chunk("x", body+"y"), "/chunked", fmt.Sprintf("/body/%d", i), 1)
			c.add(wire, fmt.Sprintf("%d x%sy", i, body))
		}
	}
	c.p.OnData = c.data
	c.write()
	return c
}

func (c *simClient) add(wire, want string) {
	c.wire = append(c.wire, wire...)
	c.want = append(c.want, want)
}

func (c *simClient) write() {
	n := len(c.wire)
	if c.trickles {
		n = min(n, 1+c.k.IntN(700))
	}
	c.p.Write(c.wire[:n])
	c.wire = c.wire[n:]
	switch {
	case c.quits && c.k.Coin(0.2):
		[]func(){c.p.Close, c.p.Reset, c.p.CloseWrite}[c.k.IntN(3)]()
		c.wire = nil
	case len(c.wire) > 0:
		c.k.After(time.Duration(1+c.k.IntN(20))*time.Millisecond, c.write)
	}
}

// data takes whole answers off what came.
func (c *simClient) data(b []byte) {
	c.in = append(c.in, b...)
	for len(c.in) > 0 && c.bad == "" {
		r := bufio.NewReader(bytes.NewReader(c.in))
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return
		}
		c.in, _ = io.ReadAll(r)
		if len(c.want) == 0 || res.StatusCode != 200 || string(body) != c.want[0] {
			c.bad = fmt.Sprintf("%d %.80q", res.StatusCode, body)
			return
		}
		c.want = c.want[1:]
	}
}

// TestSimulation runs many clients that pipeline, trickle and go away against
// short reads and writes and interrupted calls. Who stays gets every answer, in
// order; nothing is left of those who went.
func TestSimulation(t *testing.T) {
	faults := polltest.Faults{ShortRead: 0.2, ShortWrite: 0.2, EAGAIN: 0.05, EINTR: 0.05}
	polltest.Seeds(t, 60, func(t *testing.T, seed uint64) {
		s, ends := &simApp{}, &tally{}
		r := newFaultyRig(t, seed, faults, Options{}, func(app *App) {
			if seed%2 == 0 {
				ends.watch(app)
			}
			s.setup(app)
		})
		s.k, s.loop = r.k, r.loop
		var clients []*simClient
		for range 20 {
			clients = append(clients, newSimClient(r.k))
		}
		r.k.Sleep(r.loop, 20*time.Second)
		for i, c := range clients {
			if c.bad != "" || !c.quits && len(c.want) > 0 {
				t.Errorf("client %d: got %s, %d answers are missing, %d bytes over", i, c.bad, len(c.want), len(c.in))
			}
			c.p.Close()
		}
		r.k.Sleep(r.loop, time.Second)
		if s.parked != s.answered+s.aborted {
			t.Errorf("%d parked, %d answered, %d aborted", s.parked, s.answered, s.aborted)
		}
		if st := r.server().Stats(); st.Conns != 0 || st.Refused != 0 || st.Panics != 0 {
			t.Errorf("%+v", st)
		} else if seed%2 == 0 {
			ends.check(t, st)
		}
	})
}
