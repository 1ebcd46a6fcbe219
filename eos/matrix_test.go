package eos

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata")

// The 40 rows of the platform's socket.io module.
const socketIORows = `server.sockets server.serveClient server.path server.origins server.attach server.bind
	server.onconnection
	server.of server.close server.engine.generateId namespace.name namespace.connected namespace.to namespace.in
	namespace.emit namespace.clients namespace.use socket.id socket.rooms socket.client socket.conn socket.request
	socket.handshake socket.remoteAddress socket.use socket.send socket.emit socket.on socket.once
	socket.removeListener socket.removeAllListeners socket.eventNames socket.join socket.leave socket.to socket.in
	socket.compress socket.disconnect client.conn client.request`

const webAppRows = `WebApp.create WebApp.createApp WebApp.static Router.create app.server app.locals app.start app.stop
	app.port
	app.addcert app.all app.METHOD app.route app.use app.unhandle app.set app.get app.enable app.disable app.enabled
	app.disabled app.engine app.render`

const requestRows = `request.app request.protocol request.path request.params request.query request.cookies request.body
	request.get request.header request.origin request.xhr request.host request.ip request.eos`

const responseRows = `response.send response.json response.sendStatus response.sendFile response.status response.type
	response.set response.header response.get response.cookie response.clearCookie response.location response.redirect
	response.render`

const httpRows = `request.url request.method request.headers request.httpVersion request.keepAlive request.upgrade
	response.write response.end response.headersSent response.setHeader response.getHeader response.removeHeader
	response.writeHead`

const privilegedRows = `socket.socket.mports account.account.set account.account.delete fs.fs.chown fs.fs.symlink
	process.process.spawn process.process.kill router/npfctl.* router/flowctl.* rpc.rpc.Server`

func TestRowsOfThePlatform(t *testing.T) {
	m := DefaultMatrix()
	rows := m.Rows()
	named := make(map[string]Row)
	count := make(map[string]int)
	for i, r := range rows {
		full := r.Module + "." + r.Name
		if _, twice := named[full]; twice || r.API != API(i) || r.API.String() != full {
			t.Errorf("row %d: %s is there twice, or out of its place", i, full)
		}
		named[full] = r
		count[r.Module]++
	}
	for module, list := range map[string]string{
		"socket.io": socketIORows, "webapp": webAppRows, "request": requestRows, "response": responseRows, "http": httpRows,
	} {
		want := strings.Fields(list)
		if count[module] != len(want) {
			t.Errorf("module %s has %d rows, want %d", module, count[module], len(want))
		}
		for _, name := range want {
			if r, ok := named[module+"."+name]; !ok || !r.User || !r.Privilege || !r.Counterpart {
				t.Errorf("%s.%s: want a row that is open to both modes: %+v", module, name, r)
			}
		}
	}
	if count["socket.io"] != 40 {
		t.Errorf("socket.io has %d rows", count["socket.io"])
	}
	for _, name := range strings.Fields(privilegedRows) {
		if r, ok := named[name]; !ok || r.User || !r.Privilege {
			t.Errorf("%s: want a row of Privilege Mode only: %+v", name, r)
		}
	}
	user, all := m.Allowed(UserMode), m.Allowed(PrivilegeMode)
	if user.Has(apiCount) || all.Has(apiCount) || all.Has(1<<16-1) {
		t.Error("an API that does not exist is allowed")
	}
	if m.Allowed(7) != (Set{}) || apiCount.String() != "unknown API" || Mode(7).String() != "unknown mode" {
		t.Error("an unknown mode or API has a right or a name")
	}
	rows[SocketEmit].User = false
	if !m.Rows()[SocketEmit].User {
		t.Error("Rows is not a copy")
	}
}

func TestTableOfTheMatrix(t *testing.T) {
	m := DefaultMatrix()
	const less = "socket.io.socket.compress user deny\nsocket.io.server.bind privilege deny"
	if err := m.Narrow(strings.NewReader(less)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "matrix.md")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || b.String() != string(want) {
		t.Errorf("the table is not that of %s (%v); go test -update writes it:\n%s", path, err, b.String())
	}
	full := errors.New("full")
	if err := m.WriteTable(fails{full}); !errors.Is(err, full) {
		t.Errorf("a writer that fails: %v", err)
	}
}

// fails is a reader and a writer.
type fails struct{ err error }

func (f fails) Write([]byte) (int, error) { return 0, f.err }
func (f fails) Read([]byte) (int, error)  { return 0, f.err }

func TestNarrow(t *testing.T) {
	m := DefaultMatrix()
	before := m.Allowed(UserMode)
	err := m.Narrow(strings.NewReader("# less\r\nsocket.io.socket.emit\tuser deny\n" +
		"router/npfctl.* privilege deny\n\naccount.account.set user deny"))
	if err != nil {
		t.Fatal(err)
	}
	user, all := m.Allowed(UserMode), m.Allowed(PrivilegeMode)
	if user.Has(SocketEmit) || !all.Has(SocketEmit) || all.Has(RouterNpfctl) ||
		!all.Has(AccountSet) || user.Has(AccountSet) {
		t.Error("not what the file says")
	}
	before.Remove(SocketEmit)
	if user != before {
		t.Error("more changed than what the file names")
	}
}

func TestNarrowTakesAllOrNothing(t *testing.T) {
	const good = "socket.io.socket.emit user deny\n"
	for line, want := range map[string]string{
		"account.account.set user allow":         "line 2, column 26: a file cannot widen the matrix: only deny",
		"socket.io.socket.on user permit":        `line 2, column 26: unknown word "permit": want deny`,
		"socket.io.socket.fly user deny":         `line 2, column 1: unknown row "socket.io.socket.fly"`,
		"socket.emit user deny":                  `line 2, column 1: unknown row "socket.emit"`,
		" socket.io.socket.on root deny":         `line 2, column 22: unknown mode "root": want user or privilege`,
		"socket.io.socket.on deny":               "line 2, column 1: want 3 words (row, mode, deny), have 2",
		"socket.io.socket.on user deny ok":       "line 2, column 1: want 3 words (row, mode, deny), have 4",
		"socket.io.socket.emit user deny":        "line 2, column 1: the row is denied twice",
		"socket.io.socket.on user deny\x00":      "line 2, column 30: a control character, or bytes that are not UTF-8",
		strings.Repeat("\n", 2000):               "line 2001, column 1: more than 2000 lines",
		strings.Repeat("\n", maxNarrowBytes):     "more than 65536 bytes",
		strings.Repeat("x", 41) + " user deny":   `line 2, column 1: unknown row "` + strings.Repeat("x", 40) + `"...`,
		"router/flowctl user deny # a comment ?": "line 2, column 1: want 3 words (row, mode, deny), have 7",
	} {
		m := DefaultMatrix()
		err := m.Narrow(strings.NewReader(good + line))
		if err == nil || err.Error() != "eos: matrix: "+want {
			t.Errorf("%.40q: %v, want %s", line, err, want)
		}
		if *m != *DefaultMatrix() {
			t.Errorf("%.40q: something was applied", line)
		}
	}
	m, broken := DefaultMatrix(), errors.New("broken")
	if err := m.Narrow(fails{broken}); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// No file widens, and a file with an error changes nothing.
func FuzzNarrow(f *testing.F) {
	f.Add("socket.io.socket.emit user deny\nwebapp.app.use privilege deny")
	f.Add("account.account.set user allow")
	f.Add("# \n\nrouter/npfctl.* privilege deny\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, whole := DefaultMatrix(), DefaultMatrix()
		err := m.Narrow(strings.NewReader(text))
		if err != nil && *m != *whole {
			t.Fatal("changed by a file with an error")
		}
		for _, mode := range []Mode{UserMode, PrivilegeMode} {
			both := m.Allowed(mode)
			both.Intersect(whole.Allowed(mode))
			if both != m.Allowed(mode) {
				t.Fatal("widened")
			}
		}
	})
}
