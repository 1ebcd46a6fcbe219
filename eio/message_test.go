package eio

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// wireForms are the sessions that want a message in different forms.
var wireForms = []string{"EIO=4", "EIO=4&b64=1", "EIO=3", "EIO=3&b64=1"}

// sizes around each way in which a frame may be queued: short, shared, with the
// three lengths of a header.
var sizes = []int{0, 1, 124, 125, 126, 2047, 4090, 4096, 65535, 65536, 70000}

func fill(n int, c byte) []byte { return bytes.Repeat([]byte{c}, n) }

// TestMessageForms: SendMessage puts the same bytes on every wire as Send.
func TestMessageForms(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	var m Message
	for _, form := range wireForms {
		one, a := r.openWS(form)
		two, b := r.openWS(form)
		c, d := r.openPoll(form), r.openPoll(form+"&j=1")
		for _, size := range sizes {
			for _, binary := range []bool{false, true} {
				data := fill(size, 'x')
				m.Reset(data, binary)
				a.Send(data, binary)
				b.SendMessage(&m)
				b.SendMessage(&m) // encoded once
				r.settle()
				sent, shared := bytes.Clone(one.Read()), bytes.Clone(two.Read())
				if !bytes.Equal(shared, append(sent, sent...)) {
					t.Errorf("%s, %d bytes, binary %v: %.40x..., want %.40x...", form, size, binary, shared, sent)
				}
				for _, s := range []*Session{c, d} {
					s.Send(data, binary)
					once := r.answerOf(s)
					s.SendMessage(&m)
					if again := r.answerOf(s); !bytes.Equal(again, once) || len(once) < size {
						t.Errorf("%s, polling, %d bytes, binary %v: %.40q, want %.40q", form, size, binary, again, once)
					}
				}
			}
		}
		a.Close(true)
		if a.SendMessage(&m) != poll.Dropped {
			t.Error("a closed session took a message")
		}
	}
	r.finish()
}

// answerOf polls once.
func (r *rig) answerOf(s *Session) []byte {
	r.Helper()
	p := r.dial()
	get(p, s)
	var buf []byte
	for range 10 {
		r.settle()
		buf = append(buf, p.Read()...)
	}
	p.CloseWrite()
	_, _, body, _, ok := cutAnswer(buf, false)
	if !ok {
		r.Fatalf("no answer: %.60q", buf)
	}
	return bytes.Clone(body)
}

// TestSharedFrames: a Message may be filled again at once, though a slow client
// has not got the last one yet.
func TestSharedFrames(t *testing.T) {
	for _, size := range sizes {
		r := newRig(t, 1, quietly, Options{})
		var peers []*polltest.Peer
		var sessions []*Session
		for _, form := range wireForms {
			p, s := r.openWS(form)
			p.Stall()
			s.Send(fill(130<<10, '.'), true) // the kernel takes no more
			peers, sessions = append(peers, p), append(sessions, s)
		}
		var m Message
		for i := range 3 {
			data := fill(size, 'a'+byte(i))
			m.Reset(data, false)
			for _, s := range sessions {
				s.SendMessage(&m)
			}
			r.settle()
		}
		for i, p := range peers {
			p.Resume()
			var buf []byte
			for range 12 {
				r.settle()
				buf = append(buf, p.Read()...)
			}
			_, _, buf, _ = cutFrame(buf)
			for k := range 3 {
				var payload []byte
				_, payload, buf, _ = cutFrame(buf)
				if want := "4" + string(fill(size, 'a'+byte(k))); string(payload) != want {
					t.Fatalf("%d bytes, %s, message %d: %.20q..., %d bytes", size, wireForms[i], k, payload, len(payload))
				}
			}
		}
		r.finish()
	}
}

// TestHandshakeRecord: what the layer above may ask about the opening request.
func TestHandshakeRecord(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	open := func(query string, lines ...string) *Handshake {
		request(r.dial(), "GET", "/engine.io/?EIO=4&transport=polling"+query, nil, lines...)
		r.settle()
		return r.last.Handshake()
	}
	h := open("&t=1&room=a&room=b&b64=&j=2&x=%41", "Origin: http://a.example", "X-Two: 1", "x-two: 2", "Empty:",
		"Connection: keep-alive")
	want := "host=a.example origin=http://a.example x-two=1 x-two=2 empty= "
	got := ""
	for name, value := range h.Headers {
		got += name + "=" + value + " "
	}
	if got != want || h.Header("x-two") != "1" || h.Header("connection") != "" || !h.XDomain() || h.Secure() {
		t.Errorf("headers %q, want %q", got, want)
	}
	if q := h.Query().Encode(); q != "room=a&room=b&x=A" {
		t.Errorf("query %q", q)
	}
	if h.URL() != "/engine.io/?EIO=4&transport=polling&t=1&room=a&room=b&b64=&j=2&x=%41" {
		t.Errorf("URL %q", h.URL())
	}
	if h.Address() != "127.0.0.1" || h.RemoteAddr() != r.last.RemoteAddr() || !h.Issued().Equal(r.k.Wall()) {
		t.Errorf("address %s, issued %v", h.Address(), h.Issued())
	}
	clock, zone, _ := strings.Cut(h.Time(), " (")
	if at, err := time.Parse("Mon Jan 02 2006 15:04:05 GMT-0700", clock); err != nil || zone == "" ||
		!at.Equal(h.Issued().Truncate(time.Second)) {
		t.Errorf("time %q: %v", h.Time(), err)
	}
	first := open("", "User-Agent: one").opening.head
	other := open("", "User-Agent: two").opening.head
	again := open("", "User-Agent: one").opening.head
	if first != again || first == other {
		t.Error("equal headers are not one block, or different ones are")
	}
	var none Handshake
	for name := range none.Headers {
		t.Errorf("a header %q of no request", name)
	}
	r.finish()
}

// TestTable compares the session table with a map, through growth and shrinking.
func TestTable(t *testing.T) {
	polltest.Seeds(t, 20, func(t *testing.T, seed uint64) {
		k := polltest.New(seed, quietly)
		var tab table
		model, ids := map[string]*Session{}, []string{}
		grow := true
		for i := range 6000 {
			if n := len(model); n == 0 || n > 2000 {
				grow = n == 0
			}
			if k.Coin(0.3) != grow {
				s := &Session{id: fmt.Sprint(seed, "-", i)}
				tab.insert(s)
				model[s.id], ids = s, append(ids, s.id)
			} else if len(ids) > 0 {
				at := k.IntN(len(ids))
				id := ids[at]
				ids[at] = ids[len(ids)-1]
				ids = ids[:len(ids)-1]
				tab.remove(model[id])
				tab.remove(model[id]) // twice does nothing
				delete(model, id)
				if find(&tab, id) != nil {
					t.Fatal("found what was removed")
				}
			}
			if len(ids) > 0 {
				if id := ids[k.IntN(len(ids))]; find(&tab, id) != model[id] || find(&tab, []byte(id)) != model[id] {
					t.Fatalf("%q is lost", id)
				}
			}
			n := len(tab.buckets)
			if tab.n != len(model) || n&(n-1) != 0 || n > minBuckets && tab.n < n/8 || tab.n > maxChain*n {
				t.Fatalf("%d sessions, counted %d, in %d buckets", len(model), tab.n, n)
			}
		}
		seen := map[*Session]bool{}
		tab.all(func(s *Session) { seen[s] = true; tab.remove(s) })
		if len(seen) != len(model) || tab.n != 0 || len(tab.buckets) != minBuckets {
			t.Errorf("all saw %d of %d; %d left in %d buckets", len(seen), len(model), tab.n, len(tab.buckets))
		}
	})
}
