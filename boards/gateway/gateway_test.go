package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// rig is the whole gateway on real sockets, its loop on a goroutine.
type rig struct {
	*gateway
	users string // their file
	t     testing.TB
	loop  *poll.Loop
	url   string
	http  *http.Client
}

func start(t testing.TB) *rig {
	t.Helper()
	return startOn(t, board())
}

func startOn(t testing.TB, root fs.FS) *rig { return startWith(t, root, config{}) }

// startWith is startOn with more of a configuration.
func startWith(t testing.TB, root fs.FS, c config) *rig {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	text := userLine(t, "ada", "1001", "admin", "tulip", "Ada") + userLine(t, "uma", "1002", "user", "rose", "Uma") +
		userLine(t, "gus", "1003", "guest", "moss", "Gus")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loop, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.listen, c.name, c.users = "127.0.0.1:0", "test", path
	g, err := newGateway(loop, &c, root)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.start(); err != nil {
		t.Fatal(err)
	}
	r := &rig{gateway: g, users: path, t: t, loop: loop, url: fmt.Sprintf("http://127.0.0.1:%d", g.app.Port()),
		http: &http.Client{Timeout: 20 * time.Second}}
	done := make(chan struct{})
	go func() { defer close(done); loop.Run(context.Background()) }()
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		loop.Stop()
		<-done
		if err := loop.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// on runs fn on the loop.
func (r *rig) on(fn func()) {
	r.t.Helper()
	done := make(chan struct{})
	if err := r.loop.Post(func() { fn(); close(done) }); err != nil {
		r.t.Fatal(err)
	}
	<-done
}

// reread reads the files again, as SIGHUP does.
func (r *rig) reread() {
	done := make(chan struct{})
	r.on(func() { rereadAll(r.loop, r.filesAgain(), func() { close(done) }) })
	<-done
}

// ask makes a request and reads the answer, decoded when it is JSON.
func (r *rig) ask(method, path, body string, headers map[string]string) (int, string, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	res, err := r.http.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var answer map[string]any
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(b, &answer); err != nil {
			r.t.Fatalf("%s %s: %q: %v", method, path, b, err)
		}
	}
	return res.StatusCode, string(b), answer
}

// signIn returns the headers that prove a user.
func (r *rig) signIn(name, text string) map[string]string {
	r.t.Helper()
	body, _ := json.Marshal(map[string]string{"name": name, "password": text})
	status, _, answer := r.ask("POST", "/signin", string(body), nil)
	if status != 200 {
		r.t.Fatalf("sign-in of %s: %d %v", name, status, answer)
	}
	return map[string]string{eos.TokenName: answer["token"].(string), eos.SrandName: answer["srand"].(string),
		renewalName: answer["renewal"].(string)}
}

// TestSample: the routes of the platform's sample are what they were.
func TestSample(t *testing.T) {
	r := start(t)
	for path, want := range map[string]string{"/": "This is socket.io test server.", "/index.html": "<!doctype html>",
		"/index.htm": "<!doctype html>", "/index.html?transports=polling": "<!doctype html>"} {
		if status, text, _ := r.ask("GET", path, "", nil); status != 200 || !strings.HasPrefix(text, want) {
			t.Errorf("%s: %d %.60q", path, status, text)
		}
	}
}

func TestPages(t *testing.T) {
	r := start(t)
	names := []string{"telemetry.html", "signin.html", "permissions.html", "app.css", "app.js", "sparkline.js"}
	for _, name := range names {
		res, err := r.http.Get(r.url + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
		}
		// The policy of the pages lets no inline script nor style run.
		for _, inline := range []string{"<script>", "<style", " style=", " onclick="} {
			if bytes.Contains(b, []byte(inline)) {
				t.Errorf("%s has %s", name, inline)
			}
		}
	}
	res, err := r.http.Get(r.url + "/app.css")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	again := map[string]string{"If-None-Match": res.Header.Get("ETag")}
	if status, text, _ := r.ask("GET", "/app.css", "", again); status != 304 || text != "" {
		t.Errorf("the same style again: %d, %d bytes", status, len(text))
	}
	if status, _, _ := r.ask("GET", "/nothing.html", "", nil); status != 404 {
		t.Errorf("a page that is not there: %d", status)
	}
}

func TestPermissionsPage(t *testing.T) {
	r := start(t)
	status, _, answer := r.ask("GET", "/permissions.json", "", nil)
	rows, _ := answer["rows"].([]any)
	if status != 200 || answer["mode"] != "User Mode" || answer["policy"] != defaultPolicy {
		t.Errorf("%d %v", status, answer)
	}
	if want := eos.DefaultMatrix().Rows(); len(rows) != len(want) {
		t.Errorf("%d rows of %d", len(rows), len(want))
	}
	want := map[string]any{"module": "socket.io", "api": "server.sockets", "user": true, "privilege": true,
		"counterpart": true}
	if got := fmt.Sprint(rows[0]); got != fmt.Sprint(want) {
		t.Errorf("the first row is %v", got)
	}
}

func TestSignIn(t *testing.T) {
	r := start(t)
	status, _, answer := r.ask("POST", "/signin", `{"name":"ada","password":"tulip"}`, nil)
	user, _ := answer["user"].(map[string]any)
	if status != 200 || user["group"] != "admin" || user["acoid"] != "1001" || user["nickname"] != "Ada" {
		t.Fatalf("%d %v", status, answer)
	}
	for body, want := range map[string]int{
		`{"name":"ada","password":"rose"}`:    401,
		`{"name":"nobody","password":"rose"}`: 401,
		`{"name":"ada"}`:                      401,
		`{"name":"","password":"tulip"}`:      400,
		`{"name":["ada"]}`:                    400,
		``:                                    400,
		`{"name":"ada","password":"` + strings.Repeat("x", maxPassword+1) + `"}`: 400,
		`{"name":"` + strings.Repeat("x", maxSignIn) + `"}`:                      413,
	} {
		if status, text, _ := r.ask("POST", "/signin", body, nil); status != want {
			t.Errorf("%.40q: %d %s, want %d", body, status, text, want)
		}
	}
	for range maxFailures {
		status, _, _ = r.ask("POST", "/signin", `{"name":"ada","password":"rose"}`, nil)
	}
	if status != 429 {
		t.Errorf("after many failures: %d", status)
	}
	if status, _, _ := r.ask("POST", "/signin", `{"name":"ada","password":"tulip"}`, nil); status != 429 {
		t.Errorf("the right password then: %d", status)
	}
}

// spoil changes a character in the middle.
func spoil(s string) string {
	b := []byte(s)
	if i := len(b) / 2; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func TestGuard(t *testing.T) {
	r := start(t)
	pair := r.signIn("uma", "rose")
	token, srand := pair[eos.TokenName], pair[eos.SrandName]
	status, _, answer := r.ask("GET", "/api/me", "", pair)
	user, _ := answer["user"].(map[string]any)
	if status != 200 || user["nickname"] != "Uma" || user["group"] != "user" {
		t.Errorf("%d %v", status, answer)
	}
	if status, _, answer := r.ask("GET", "/api/device", "", pair); status != 200 || answer["system"] == "" {
		t.Errorf("%d %v", status, answer)
	}
	for what, headers := range map[string]map[string]string{
		"nothing":        nil,
		"no srand":       {eos.TokenName: token},
		"no token":       {eos.SrandName: srand},
		"a forged token": {eos.TokenName: spoil(token), eos.SrandName: srand},
		"another srand":  {eos.TokenName: token, eos.SrandName: spoil(srand)},
	} {
		for _, path := range []string{"/api/me", "/api/device", "/api/other"} {
			if status, text, _ := r.ask("GET", path, "", headers); status != 401 {
				t.Errorf("%s with %s: %d %s", path, what, status, text)
			}
		}
	}
}

func TestRenew(t *testing.T) {
	r := start(t)
	pair := r.signIn("uma", "rose")
	status, _, answer := r.ask("POST", "/srand", "",
		map[string]string{eos.TokenName: pair[eos.TokenName], renewalName: pair[renewalName]})
	if status != 200 {
		t.Fatalf("%d %v", status, answer)
	}
	pair[eos.SrandName], _ = answer["srand"].(string)
	if status, text, _ := r.ask("GET", "/api/me", "", pair); status != 200 {
		t.Errorf("with the new srand: %d %s", status, text)
	}
	other := r.signIn("ada", "tulip")
	for what, headers := range map[string]map[string]string{
		"nothing":           nil,
		"no token":          {renewalName: pair[renewalName]},
		"a word":            {eos.TokenName: "x", renewalName: pair[renewalName]},
		"a forged token":    {eos.TokenName: spoil(pair[eos.TokenName]), renewalName: pair[renewalName]},
		"no secret":         {eos.TokenName: pair[eos.TokenName]},
		"the srand instead": {eos.TokenName: pair[eos.TokenName], renewalName: pair[eos.SrandName]},
		"another's secret":  {eos.TokenName: pair[eos.TokenName], renewalName: other[renewalName]},
	} {
		if status, text, _ := r.ask("POST", "/srand", "", headers); status != 401 {
			t.Errorf("%s: %d %s", what, status, text)
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("default maybe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none")
	loop, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	for what, c := range map[string]config{
		"no port":           {listen: "127.0.0.1"},
		"a port too high":   {listen: "127.0.0.1:65536"},
		"no users' file":    {listen: ":0", users: none},
		"a bad users' file": {listen: ":0", users: bad},
		"no policy":         {listen: ":0", policy: none},
		"a bad policy":      {listen: ":0", policy: bad},
		"no matrix":         {listen: ":0", matrix: none},
		"a bad matrix":      {listen: ":0", matrix: bad},
		"no key":            {listen: ":0", key: none},
		"a short key":       {listen: ":0", key: bad},
	} {
		if _, err := newGateway(loop, &c, board()); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

// A narrowed matrix is what the app is made with: a row that the gateway itself needs is refused at the start.
func TestNarrowedMatrix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "matrix")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loop, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	write("webapp.WebApp.create user deny\n")
	var denied *eos.PermissionError
	if _, err := newGateway(loop, &config{listen: ":0", matrix: path}, board()); !errors.As(err, &denied) {
		t.Errorf("%v", err)
	}
	write("account.account.set user deny\nsocket.io.socket.compress user deny\n")
	if _, err := newGateway(loop, &config{listen: ":0", matrix: path}, board()); err != nil {
		t.Error(err)
	}
}

// Who is taken out of the users' file gets no new srand.
func TestRenewOfRemoved(t *testing.T) {
	r := start(t)
	pair := r.signIn("uma", "rose")
	if err := os.WriteFile(r.users, []byte(userLine(t, "ada", "1001", "admin", "tulip", "Ada")), 0o600); err != nil {
		t.Fatal(err)
	}
	r.reread()
	if status, text, _ := r.ask("POST", "/srand", "", pair); status != 401 {
		t.Errorf("%d %s", status, text)
	}
}
