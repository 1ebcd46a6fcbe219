package main

import (
	"errors"
	"log/slog"
	"slices"
	"sort"
	"strings"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/sio"
)

// device is the namespace "/device": who watches the telemetry, and what an admin may do. The policy stands before each
// handler; none asks for a group itself.
type device struct {
	io        *sio.Server
	ns        *sio.Namespace
	telemetry *telemetry
	accounts  eos.Accounts
}

// Bounds of what one page asks for.
const (
	maxNotice = 800 // bytes
	maxListed = 100 // sockets
)

// fault is an error as a page shows it; the policy's refusals have the same fields.
type fault struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

// answer is what every event of the namespace is answered with.
type answer struct {
	Error   any            `json:"error,omitempty"`
	Sockets []listedSocket `json:"sockets,omitempty"`
}

type listedSocket struct {
	ID        string `json:"id"`
	Namespace string `json:"namespace"`
	User      string `json:"user"`
	Address   string `json:"address"`
}

func (d *device) handle() {
	d.ns.OnConnection(func(s *sio.Socket) { // one that comes back watches what it watched
		for _, topic := range s.Rooms() {
			if s.Recovered() && slices.Contains(topics, topic) {
				d.telemetry.watch(s, topic)
			}
		}
	})
	d.ns.On("watch", d.watch)
	d.ns.On("leave", func(e *sio.Event) {
		if topic := e.String(0); slices.Contains(topics, topic) {
			e.Socket().Leave(topic)
		}
		e.Ack(answer{})
	})
	d.ns.On("notice", d.notice)
	d.ns.On("sockets", func(e *sio.Event) { e.Ack(answer{Sockets: d.list()}) })
	d.ns.On("kick", d.kick)
}

// watch puts the socket into the room of a topic.
func (d *device) watch(e *sio.Event) {
	topic, s := e.String(0), e.Socket()
	switch {
	case !slices.Contains(topics, topic):
		e.Ack(answer{Error: fault{"UnknownTopic", "There is no such topic."}})
		return
	case d.telemetry.missing[topic]:
		e.Ack(answer{Error: fault{"NotOnThisBoard", "This board does not tell its " + topic + "."}})
		return
	}
	if err := s.Join(topic); err != nil {
		e.Ack(answer{Error: refused(err)})
		return
	}
	e.Ack(answer{})
	d.telemetry.watch(s, topic)
}

// notice tells everybody in the namespace.
func (d *device) notice(e *sio.Event) {
	text := strings.TrimSpace(e.String(0))
	if text == "" || len(text) > maxNotice {
		e.Ack(answer{Error: fault{"BadNotice", "A notice has some text, and not too much."}})
		return
	}
	slog.Info("notice", "from", d.who(e.Socket()), "bytes", len(text))
	d.ns.Emit("notice", d.who(e.Socket()), text)
	e.Ack(answer{})
}

// list is who is connected, in both namespaces.
func (d *device) list() []listedSocket {
	var list []listedSocket
	for _, ns := range []*sio.Namespace{d.ns, d.io.Namespace} {
		for _, s := range ns.Sockets() {
			list = append(list, listedSocket{s.ID(), ns.Name(), d.who(s), s.RemoteAddress()})
		}
	}
	sort.SliceStable(list, func(i, j int) bool {
		if a, b := list[i].Namespace, list[j].Namespace; a != b {
			return a > b
		}
		return list[i].ID < list[j].ID
	})
	return list[:min(len(list), maxListed)]
}

// kick disconnects a socket of either namespace.
func (d *device) kick(e *sio.Event) {
	var s *sio.Socket
	switch e.String(0) {
	case "/":
		s = d.io.Socket(e.String(1))
	case d.ns.Name():
		s = d.ns.Socket(e.String(1))
	}
	if s == nil {
		e.Ack(answer{Error: fault{"NotConnected", "There is no such socket any more."}})
		return
	}
	slog.Info("kick", "by", d.who(e.Socket()), "id", s.ID())
	e.Ack(answer{})
	s.Disconnect(false)
}

// refused is why a socket did not join a room, as its page gets it.
func refused(err error) any {
	if policy := (*eos.PolicyError)(nil); errors.As(err, &policy) {
		return policy
	}
	return fault{"NotJoined", err.Error()}
}

// who is the verified user of a socket, "" for nobody.
func (d *device) who(s *sio.Socket) string {
	info := s.Handshake().EOS()
	if info == nil || info.User == nil {
		return ""
	}
	return info.User.Nickname + " (" + string(eos.GroupOf(d.accounts, info)) + ")"
}
