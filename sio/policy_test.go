package sio

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
)

// What the tests' groups may do; everybody else is a guest.
const testPolicy = `default deny
allow connect *          /
allow connect admin,user /home
allow connect admin,user /dyn-*
allow connect admin      /admin
allow emit    *          *      ping late
allow emit    admin,user *      chat
allow receive *          *      news
allow receive admin,user *      chat
allow receive admin      *      secret ask
allow join    admin,user *      room:*
allow join    admin      *      *
`

func policyRig(t *testing.T, o Options) *rig {
	t.Helper()
	p, err := eos.LoadPolicy(strings.NewReader(testPolicy))
	check(t, err)
	o.Policy = p
	return newEOSRig(t, o)
}

// data is a PolicyError as clients get it.
func data(action, name, group string) string {
	return fmt.Sprintf(`{"code":"denied","action":%q,"name":%q,"group":%q}`, action, name, group)
}

func TestPolicyConnect(t *testing.T) {
	r := policyRig(t, Options{})
	for _, nsp := range []string{"/home", "/admin"} {
		r.io.Of(nsp)
	}
	r.io.OfRegexp(regexp.MustCompile(`^/dyn-\d+$`)).Use(func(s *Socket, next func(error)) {
		if s.Group() == eos.Guest {
			t.Error("a middleware was asked about a guest")
		}
		next(nil)
	})
	var told []string
	r.io.OnDenied(func(c *Client, s *Socket, err *eos.PolicyError) { told = append(told, err.Error()) })
	guest := r.ws(4, "")
	for _, nsp := range []string{"/home", "/admin", "/dyn-1", "/nowhere"} {
		guest.send("40" + nsp + ",")
		guest.expect(`44` + nsp + `,{"message":"eos: group guest may not connect \"` + nsp + `\"","data":` +
			data("connect", nsp, "guest") + `}`)
	}
	if n := r.io.Stats(); n.Namespaces != 3 || n.Denials != 4 || len(told) != 4 {
		t.Errorf("%+v, told %q", n, told)
	}
	user := r.user("bob", "/", "/home", "/dyn-1")
	user.send("40/admin,")
	user.expect(`44/admin,{"message":"eos: group user may not connect \"/admin\"","data":` +
		data("connect", "/admin", "user") + `}`)
	user.send("40/none,")
	user.expect(`44/none,{"message":"eos: group user may not connect \"/none\"","data":` +
		data("connect", "/none", "user") + `}`)
	r.user("ada", "/admin")
	old := r.ws(3, "") // 2.x knows the data only
	old.expect("40")
	old.send("40/admin,")
	old.expect("44/admin," + data("connect", "/admin", "guest"))
}

func TestPolicyJoin(t *testing.T) {
	r := policyRig(t, Options{})
	c := r.user("bob", "/")
	s := r.only("/")
	var denied *eos.PolicyError
	if err := s.Join("room:a", "vault", "room:b"); !errors.As(err, &denied) || denied.Name != "vault" ||
		denied.Action != "join" || denied.Group != eos.Member || len(s.Rooms()) != 1 {
		t.Errorf("%v, in %q", err, s.Rooms())
	}
	check(t, s.Join("room:a", s.ID()))
	r.io.SocketsJoin("vault")
	r.io.SocketsJoin("room:b")
	if got := fmt.Sprint(s.Rooms()[1:]); got != "[room:a room:b]" {
		t.Error(got)
	}
	if n := r.io.Stats().Denials; n != 2 {
		t.Errorf("%d denials", n)
	}
	c.p.Reset()
}

func TestPolicyEmit(t *testing.T) {
	r := policyRig(t, Options{})
	var ran []string
	r.io.OnAny(func(e *Event) { ran = append(ran, e.Name()) })
	r.io.OnConnection(func(s *Socket) {
		s.Use(func(e *Event, next func(error)) { ran = append(ran, "use "+e.Name()); next(nil) })
	})
	for _, name := range []string{"ping", "chat", "forbidden"} {
		r.io.On(name, func(e *Event) { ran = append(ran, "on "+e.Name()); e.Ack("done") })
	}
	guest := r.connect("")
	for range 2 { // asked, and remembered
		guest.send(`421["chat","x"]`)
		guest.expect(`431[{"error":` + data("emit", "chat", "guest") + `}]`)
		guest.send(`42["chat"]`)
		guest.expect(`42["eos_denied",` + data("emit", "chat", "guest") + `]`)
	}
	guest.send(`451-7["chat",{"_placeholder":true,"num":0}]`)
	guest.bin(1, 2)
	guest.expect(`437[{"error":` + data("emit", "chat", "guest") + `}]`)
	guest.send(`42["forbidden"]`)
	guest.expect(`42["eos_denied",` + data("emit", "forbidden", "guest") + `]`)
	old := r.ws(3, "")
	old.expect("40")
	old.send(`421["chat"]`)
	old.expect(`431[{"error":` + data("emit", "chat", "guest") + `}]`)
	if len(ran) != 0 {
		t.Fatalf("ran %q", ran)
	}
	guest.send(`422["ping"]`)
	guest.expect(`432["done"]`)
	r.user("bob", "/").send(`42["chat"]`)
	r.settle()
	if got := fmt.Sprint(ran); got != "[ping use ping on ping chat use chat on chat]" {
		t.Error(got)
	}
	for i := range 2 * maxVerdicts { // names are the client's: what is kept of them is bounded
		guest.send(fmt.Sprintf(`42["n%d"]`, i))
		guest.expect(`42["eos_denied",` + data("emit", fmt.Sprintf("n%d", i), "guest") + `]`)
	}
	if n := len(r.io.rules.emits); n > maxVerdicts {
		t.Errorf("%d verdicts", n)
	}
}

func TestPolicyReceive(t *testing.T) {
	r := policyRig(t, Options{})
	admin, user, guest := r.user("ada", "/"), r.user("bob", "/"), r.connect("")
	all := []*wsClient{admin, user, guest}
	hear := func(want string) {
		t.Helper()
		got := ""
		for _, c := range all {
			got += strings.TrimSuffix(c.recv(), "nothing") + ";"
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	r.io.Emit("news")
	hear(`42["news"];42["news"];42["news"];`)
	r.io.Emit("chat")
	hear(`42["chat"];42["chat"];;`)
	r.io.EmitString("secret", "s")
	hear(`42["secret","s"];;;`)
	r.io.Emit("unknown")
	hear(";;;")
	r.io.Latest("k").Emit("secret", 1)
	hear(`42["secret",1];;;`)
	for _, s := range r.io.Sockets() {
		s.Broadcast().Emit("secret", s.Group() == eos.Admin)
		if st := s.EmitBytes("secret", []byte{1}); (st == OK) != (s.Group() == eos.Admin) {
			t.Error(s.Group(), st)
		}
		s.Latest("k").Emit("secret", 2)
	}
	admin.expect(`451-["secret",{"_placeholder":true,"num":0}]`, "bin 01", `42["secret",2]`, `42["secret",false]`,
		`42["secret",false]`)
	hear(";;;")
	var failed *eos.PolicyError
	r.io.Sockets()[2].EmitWithAck("ask", func(err error, _ *Event) { errors.As(err, &failed) })
	if failed == nil || failed.Action != "receive" || failed.Group != eos.Guest {
		t.Error(failed)
	}
	answers := -1
	r.io.Timeout(time.Second).EmitWithAck("ask", func(err error, list []*Event) {
		if answers = len(list); err != nil {
			t.Error(err)
		}
	})
	admin.expect(`420["ask"]`)
	admin.send("430[1]")
	hear(";;;")
	if answers != 1 || r.io.Stats().Denials != 0 {
		t.Errorf("%d answers, %d denials", answers, r.io.Stats().Denials)
	}
	seen := 0
	for _, s := range r.io.Sockets() {
		s.OnAnyOutgoing(func(string, []any) { seen++ })
	}
	r.io.Emit("secret")
	hear(`42["secret"];;;`)
	if seen != 1 {
		t.Errorf("%d listeners of outgoing events were called", seen)
	}
}

// A socket that comes back gets what its user may have now, and rooms that its user may be in.
func TestPolicyRecovery(t *testing.T) {
	r := policyRig(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{}})
	r.io.OnConnection(func(s *Socket) {
		if !s.Recovered() {
			check(t, s.Join("vault", "room:a"))
		}
	})
	g := &ghost{}
	id := g.joinAs(r, "&edger-token=ada")
	g.die()
	r.io.To("vault").Emit("news", "vault")
	r.io.To("room:a").Emit("news", "room")
	r.io.Emit("secret")
	r.io.opts.Accounts = eos.AccountTable{"ada": eos.Member}
	if got := g.joinAs(r, "&edger-token=ada"); got != id {
		t.Fatalf("%q is not %q", got, id)
	}
	g.wantMissed(`42["news","room"]`)
	if got := fmt.Sprint(r.only("/").Rooms()[1:]); got != "[room:a]" {
		t.Error(got)
	}
}

func TestRegroup(t *testing.T) {
	r := policyRig(t, Options{})
	r.io.Of("/admin")
	c := r.user("ada", "/", "/admin")
	check(t, r.only("/").Join("vault", "room:a"))
	r.io.opts.Accounts = eos.AccountTable{"ada": eos.Member}
	r.io.Regroup()
	c.expect(`42/admin,["eos_denied",`+data("connect", "/admin", "user")+`]`, "41/admin,")
	s := r.only("/")
	if got := fmt.Sprint(s.Group(), s.Rooms()[1:]); got != "user[room:a]" {
		t.Error(got)
	}
	r.io.Emit("secret")
	c.expect("nothing")
}

// Without a policy nothing is asked.
func TestNoPolicy(t *testing.T) {
	r := newEOSRig(t, Options{})
	if r.io.rules != nil || r.io.Of("/x").rules != nil {
		t.Error("rules of no policy")
	}
	c := r.connect("")
	check(t, r.only("/").Join("anything"))
	r.io.Emit("anything")
	c.expect(`42["anything"]`)
	r.io.Regroup()
	c.expect("nothing")
}

// A user who lost a group joins nothing by it, although no socket of theirs was there to be told.
func TestRegroupReachesWaitingClients(t *testing.T) {
	r := policyRig(t, Options{})
	var admit func(error)
	r.io.Of("/admin").Use(func(_ *Socket, next func(error)) { admit = next })
	refused := func(group string) string {
		return `44/admin,{"message":"eos: group ` + group + ` may not connect \"/admin\"","data":` +
			data("connect", "/admin", group) + `}`
	}
	idle, left, late := r.user("ada"), r.user("ada", "/"), r.user("ada")
	left.send("41")
	late.send("40/admin,")
	r.settle()
	if admit == nil {
		t.Fatal("an admin was not asked")
	}
	r.io.opts.Accounts = eos.AccountTable{"ada": eos.Member}
	r.io.Regroup()
	for _, c := range []*wsClient{idle, left} {
		c.send("40/admin,")
		c.expect(refused("user"))
	}
	admit(nil)
	late.expect(refused("user"))
	if n := len(r.io.Of("/admin").Sockets()); n != 0 {
		t.Errorf("%d sockets in /admin", n)
	}
}

// A socket that a middleware still thinks about is in no room that its user may not be in any more: the rules changed,
// or the group did.
func TestPolicyOfRoomsBeforeTheNamespace(t *testing.T) {
	for name, change := range map[string]func(r *rig){
		"policy": func(r *rig) {
			p, err := eos.LoadPolicy(strings.NewReader("default deny\nallow connect * /home\nallow join * * room:*\n"))
			check(t, err)
			r.io.SetPolicy(p)
		},
		"group": func(r *rig) {
			r.io.opts.Accounts = eos.AccountTable{"ada": eos.Member}
			r.io.Regroup()
		},
	} {
		r := policyRig(t, Options{})
		var admit func(error)
		r.io.Of("/home").Use(func(s *Socket, next func(error)) {
			check(t, s.Join("vault", "room:a"))
			admit = next
		})
		c := r.user("ada")
		c.send("40/home,")
		r.settle()
		change(r)
		admit(nil)
		r.settle()
		if got := fmt.Sprint(r.only("/home").Rooms()[1:]); got != "[room:a]" {
			t.Errorf("another %s: %s", name, got)
		}
	}
}

// Another policy counts for who is connected, for what comes, and for namespaces that come to life.
func TestSetPolicy(t *testing.T) {
	r := policyRig(t, Options{})
	r.io.Of("/admin")
	r.io.Of("/home")
	c := r.user("ada", "/", "/admin")
	check(t, r.only("/").Join("vault", "room:a"))
	r.io.Emit("secret")
	c.expect(`42["secret"]`)
	const less = "default deny\nallow connect * /\nallow join * * room:*\nallow receive * * news\n"
	p, err := eos.LoadPolicy(strings.NewReader(less))
	check(t, err)
	r.io.SetPolicy(p)
	c.expect(`42/admin,["eos_denied",`+data("connect", "/admin", "admin")+`]`, "41/admin,")
	if got := fmt.Sprint(r.only("/").Rooms()[1:]); got != "[room:a]" {
		t.Error(got)
	}
	r.io.Emit("secret")
	c.expect("nothing")
	r.io.Emit("news")
	c.expect(`42["news"]`)
	c.send("40/home,")
	c.expect(`44/home,{"message":"eos: group admin may not connect \"/home\"","data":` +
		data("connect", "/home", "admin") + `}`)
	r.io.SetPolicy(nil)
	r.io.Emit("secret")
	c.expect(`42["secret"]`)
}
