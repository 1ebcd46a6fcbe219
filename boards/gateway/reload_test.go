package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// told runs the program to its end.
func told(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), runAsGateway+"=1")
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// -t checks the settings and every file that they name, and binds nothing.
func TestTryOut(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key := writePair(t, t.TempDir(), 1)
	_, other := writePair(t, t.TempDir(), 2)
	users, policy := file("users", userLine(t, "ada", "1", "admin", "tulip", "Ada")), file("policy", "default allow\n")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	good := []string{"-listen", ln.Addr().String(), "-metrics", ln.Addr().String(), "-users", users, "-policy", policy,
		"-key", file("key", strings.Repeat("k", 32)), "-tls-cert", cert, "-tls-key", key, "-matrix", file("matrix", "")}
	conf := file("conf", "max-conns 5\n")
	for _, v := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"-config", conf}, 0, "gateway: the settings are good (" + conf + ")"},
		{nil, 0, "gateway: the settings are good (there is no file)"},
		{[]string{"-tls-key", other}, 1, "private key does not match"},
		{[]string{"-users", file("u", "ada 1 admin x\n")}, 1, "line 1"},
		{[]string{"-users", ""}, 0, "good"},
		{[]string{"-policy", file("p", "default maybe\n")}, 1, "policy: line 1, column 9"},
		{[]string{"-matrix", file("m", "x user deny\n")}, 1, "unknown row"},
		{[]string{"-key", file("k", "short")}, 1, "less than 32 bytes"},
		{[]string{"-config", file("c", "max-conns 5\nmax-conns 6\n")}, 1,
			filepath.Join(dir, "c") + ":2:1: max-conns stands in"},
		{[]string{"-config", dir}, 1, dir},
		{[]string{"-max-conns", "none"}, 1, "-max-conns: want a number"},
	} {
		status, out, errs := told(t, append(append([]string{"-t"}, good...), v.args...)...)
		if status != v.status || !strings.Contains(out+errs, v.says) || (out == "") != (v.status != 0) {
			t.Errorf("%v: status %d, %q %q", v.args, status, out, errs)
		}
	}
}

func TestPrintAndHelpOfTheProgram(t *testing.T) {
	conf := confFile(t, "profile ath79\nhandshakes 7\n")
	status, out, errs := told(t, "-print", "-config", conf, "-name", "x")
	for _, line := range []string{"# file: " + conf, "# profile: ath79, ", "# profile ath79\n",
		"handshakes              7                       # file:2\n",
		"name                    x                       # flag\n"} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is missing in %s", line, out)
		}
	}
	if status != 0 || errs != "" {
		t.Errorf("status %d %q", status, errs)
	}
	_, _, errs = told(t, "-profile", "ath79", "-users", "/none")
	if !strings.Contains(errs, "msg=profile name=ath79 model=") {
		t.Error(errs)
	}
	starting := "msg=starting name=socketio version=unknown go=" + runtime.Version() + " arch=" + runtime.GOARCH
	if !strings.Contains(errs, starting) {
		t.Error(errs)
	}
	// Neither settings nor files are looked at.
	if status, out, errs := told(t, "-version", "-config", "/none"); status != 0 || errs != "" ||
		out != "gateway unknown, "+runtime.Version()+", "+runtime.GOOS+"/"+runtime.GOARCH+"\n" {
		t.Errorf("status %d %q %q", status, out, errs)
	}
	if status, out, errs := told(t, "-t", "-print"); status != 1 || out != "" ||
		!strings.Contains(errs, "one at a time: -t -print") {
		t.Errorf("status %d %q %q", status, out, errs)
	}
	if status, out, errs := told(t, "-h"); status != 0 || errs != "" || !strings.HasPrefix(out, "Usage: gateway ") {
		t.Errorf("status %d %q %q", status, out, errs)
	}
}

// What could not be written was not printed: who keeps it in a file has to know.
func TestPrintToAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full: ", err)
	}
	defer full.Close()
	for _, flag := range []string{"-print", "-h", "-version"} {
		cmd := exec.Command(os.Args[0], flag)
		cmd.Env = append(os.Environ(), runAsGateway+"=1")
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &errs
		_ = cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != 1 || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%s: status %d %q", flag, status, errs.String())
		}
	}
}

// websocket connects, and answers whether it still does.
func (p *program) websocket() (alive func() bool) {
	p.t.Helper()
	c := p.dial(fmt.Sprintf(handshake, "websocket"))
	until := func(text string) bool {
		var all []byte
		for b := make([]byte, 1); !bytes.Contains(all, []byte(text)); all = append(all, b...) {
			if _, err := io.ReadFull(c, b); err != nil {
				return false
			}
		}
		return true
	}
	if !until(`"sid":"`) {
		p.t.Fatal("no session")
	}
	n := 0
	return func() bool {
		n++
		name := fmt.Sprintf("/none%d", n)
		text := "40" + name + ","
		c.Write(append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...))
		return until("44" + name)
	}
}

// SIGHUP applies what can change, names what cannot, and no client notices; a bad file changes nothing.
func TestSettingsAgain(t *testing.T) {
	conf := confFile(t, "max-conns-per-address 2\nname first\n")
	write := func(text string) {
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := launch(t, nil, nil, "-config", conf, "-drain", "2s")
	alive := p.websocket()
	taken := func() bool {
		c := p.dial(plain)
		n, _ := io.ReadFull(c, make([]byte, 12))
		return n == 12
	}
	if !taken() || taken() {
		t.Error("the first limit is not 2")
	}
	write("max-conns-per-address 100\nname second\nlog DEBUG\n")
	for range 3 {
		p.signal(syscall.SIGHUP)
	}
	if line := p.line("settings changed"); !strings.Contains(line, `names="max-conns-per-address log"`) {
		t.Error(line)
	}
	if line := p.line("do not change"); !strings.Contains(line, `with-SIGUSR2=name with-restart=""`) {
		t.Error(line)
	}
	p.line("what=policy")
	for range 5 {
		if !taken() {
			t.Error("the limit is the old one")
		}
	}
	for _, bad := range []string{"max-conns-per-address 1\nname \"\n", "max-conns-per-address 1\nname a\nnames b\n"} {
		write(bad)
		p.signal(syscall.SIGHUP)
		if line := p.line("stays as it was"); !strings.Contains(line, "what=settings err=\""+conf+":") {
			t.Error(line)
		}
		p.line("what=policy")
		if !taken() {
			t.Error("a bad file changed something")
		}
	}
	p.signal(syscall.SIGUSR2)
	if line := p.line("goes on"); !strings.Contains(line, conf+":3:1: unknown setting") {
		t.Error(line)
	}
	if !alive() {
		t.Error("the client was dropped")
	}
	write("max-conns-per-address 100\nname third\n")
	p.signal(syscall.SIGUSR2)
	lines := p.each("third on http://", "msg=replaced")
	pid := pidOf(lines[1])
	p.exits()
	syscall.Kill(pid, syscall.SIGTERM)
	p.line("stopping")
}

// Settings that were read and do not go with those that stay until the program is replaced: none of them counts.
func TestSettingsThatDoNotGoTogether(t *testing.T) {
	running := loaded(t, nil, "-profile", "none", "-max-payload", "256K", "-output-hard", "512K",
		"-output-soft", "64K")
	small := loaded(t, nil, "-profile", "none", "-max-payload", "100K", "-output-hard", "200K", "-output-soft", "64K",
		"-handshakes", "7")
	const says = "until SIGUSR2 or a restart (max-payload): output-hard is less"
	if err := running.renew(small); err == nil || !strings.Contains(err.Error(), says) {
		t.Error(err)
	}
	if running.outputHard.N != 512<<10 || running.handshakes == 7 {
		t.Errorf("half of it: %+v", running)
	}
	enough := loaded(t, nil, "-profile", "none", "-max-payload", "100K", "-output-hard", "600K", "-name", "x")
	if err := running.renew(enough); err != nil || running.outputHard.N != 600<<10 || running.maxPayload.N != 256<<10 ||
		running.name == "x" {
		t.Errorf("%+v, %v", running, err)
	}
}

// What came through a pipe is read once: reading it again would wait for ever, or find nothing and forget all settings.
func TestPipeIsReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	settings, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, "name piped\nmax-conns-per-address 1\n")
	in.Close()
	go os.WriteFile(path, []byte("default allow\n"), 0o600) // waits for the program
	p := launch(t, nil, []*os.File{settings}, "-config", "/dev/fd/3", "-policy", path)
	settings.Close()
	for range 2 {
		p.signal(syscall.SIGHUP)
		for _, what := range []string{"settings", "policy"} {
			if line := p.line("again"); !strings.Contains(line, "what="+what+" err=") ||
				!strings.Contains(line, "is no regular file") {
				t.Error(line)
			}
		}
	}
	p.signal(syscall.SIGUSR2)
	p.line("goes on")
	p.signal(syscall.SIGTERM)
	p.exits()
	go os.WriteFile(path, []byte("default allow\n"), 0o600)
	p = launch(t, nil, nil, "-policy", path)
	p.signal(syscall.SIGUSR2) // a new process would wait for it, too
	if line := p.line("goes on"); !strings.Contains(line, "is no regular file") {
		t.Error(line)
	}
	p.signal(syscall.SIGTERM)
	p.exits()
}

// Another policy counts on SIGHUP, for pages too; one that is wrong does not.
func TestPolicyAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(defaultPolicy)
	c := defaults()
	c.policy = path
	r := startWith(t, board(), *c)
	says := func() string {
		_, text, _ := r.ask("GET", "/permissions.json", "", nil)
		return text
	}
	if !strings.Contains(says(), "default deny") {
		t.Fatal(says())
	}
	p := r.open(r.signIn("ada", "tulip"))
	if refusal, _ := p.ask("sockets"); refusal != nil {
		t.Fatalf("%v", refusal)
	}
	write("default allow\ndeny emit * /device sockets\n")
	r.reread()
	if refusal, _ := p.ask("sockets"); refusal["action"] != "emit" || !strings.Contains(says(), "deny emit") {
		t.Errorf("%v, %s", refusal, says())
	}
	write("default perhaps\n")
	r.reread()
	if strings.Contains(says(), "perhaps") {
		t.Error("a bad policy is shown")
	}
	if res, err := http.Get(r.url + "/readyz"); err != nil || res.StatusCode != 200 {
		t.Errorf("%v %v", res, err)
	} else {
		res.Body.Close()
	}
}
