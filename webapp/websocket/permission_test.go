package websocket

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// rows is the table of permission.go as calls; E stands for the row's PermissionError. What the client got comes last.
var rows = []struct {
	api             eos.API
	allowed, denied string
	call            func(r *rig, ch *Channel) string
}{
	{eos.WsServerCreateServer, "<nil> []", "E []", func(r *rig, _ *Channel) string {
		_, err := NewServer(r.app, "/other", Options{})
		return fmt.Sprint(err)
	}},
	{eos.ChannelPath, "/chat /chat?a=b []", "  []", func(_ *rig, ch *Channel) string {
		return ch.Path() + " " + ch.URL()
	}},
	{eos.ChannelHeaders, "1 2 []", " 0 []", func(_ *rig, ch *Channel) string {
		n := 0
		for range ch.Headers {
			n++
		}
		return fmt.Sprint(ch.Header("X-A"), " ", n)
	}},
	{eos.ChannelEOS, "A1 []", " []", func(_ *rig, ch *Channel) string {
		ch.rare = &rare{eos: &eos.Info{User: &eos.User{Acoid: "A1"}}}
		return ch.EOS().Acoid()
	}},
	{eos.ChannelSend, `0 [op 1 rsv 0 "a" op 2 rsv 0 "b" op 1 rsv 0 "c"] 1`, `2 [] 0`, func(r *rig, ch *Channel) string {
		dropped := 0
		for _, st := range []Status{ch.Send("a"), ch.SendBytes([]byte("b"))} {
			if st == poll.Dropped {
				dropped++
			}
		}
		n := r.chat.Broadcast([]byte("c"), false)
		return fmt.Sprint(dropped, " @ ", n)
	}},
	{eos.ChannelClose, `closing [close 1000 "bye" <nil>]`, "open []", func(_ *rig, ch *Channel) string {
		ch.Close(1000, "bye")
		return ch.ReadyState()
	}},
	{eos.ChannelClose, "closed []", "open []", func(_ *rig, ch *Channel) string { ch.Abort(); return ch.ReadyState() }},
}

func TestPermissionRows(t *testing.T) {
	tested := map[eos.API]bool{}
	for _, row := range rows {
		tested[row.api] = true
		for _, denied := range []bool{false, true} {
			var errs []error
			r := newRig(t, Options{OnError: func(err error) { errs = append(errs, err) }})
			p, ch := r.open("/chat?a=b", "X-A: 1")
			guard, want, name := r.app.Guard(), row.allowed, ""
			if denied {
				set := eos.DefaultMatrix().Allowed(eos.UserMode)
				set.Remove(row.api)
				guard.Narrow(set)
				want, name = row.denied, guard.Check(row.api).Error()
			}
			before := guard.Denials()
			got := row.call(r, ch)
			count := guard.Denials() - before
			told := len(errs)
			if denied {
				told += strings.Count(got, name)
				got = strings.ReplaceAll(got, name, "E")
			}
			r.settle()
			frames := fmt.Sprint(transcript(p.Read()))
			if strings.Contains(got, "@") {
				got = strings.Replace(got, "@", frames, 1)
			} else {
				got += " " + frames
			}
			if got != want || (count > 0) != denied || uint64(told) != count || count != guard.Denied(row.api)-before {
				t.Errorf("%v denied %v: got %q, want %q; counted %d, told %d times", row.api, denied, got, want, count, told)
			}
			for _, err := range errs {
				var of *eos.PermissionError
				if !errors.As(err, &of) || err.Error() != name {
					t.Errorf("reported: %v", err)
				}
			}
			r.finish()
		}
	}
	for _, row := range eos.DefaultMatrix().Rows() {
		if row.Module == "websocket" && row.Counterpart && !tested[row.API] {
			t.Errorf("%v is not tested", row.API)
		}
	}
}

// A server whose right to be one was taken away opens no channels, and those of one that has it need no other row.
func TestPermissionOfRequests(t *testing.T) {
	r := newRig(t, Options{})
	set := eos.DefaultMatrix().Allowed(eos.UserMode)
	for api := eos.RequestApp; api < eos.WsServerCreateServer; api++ {
		set.Remove(api)
	}
	r.app.Guard().Narrow(set)
	r.open("/chat")
	set.Remove(eos.WsServerCreateServer)
	r.app.Guard().Narrow(set)
	p := r.dial()
	p.WriteString(handshake("/chat"))
	r.settle()
	if got := string(p.Read()); !strings.HasPrefix(got, "HTTP/1.1 500 ") || r.chat.Len() != 1 {
		t.Errorf("%q, %d channels", got, r.chat.Len())
	}
	r.finish()
}
