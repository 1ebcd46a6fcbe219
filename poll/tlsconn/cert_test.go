package tlsconn_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

// served is the certificate that a client gets which asks for name.
func served(t *testing.T, r *rig, name string) string {
	t.Helper()
	var got string
	c := r.dial(&tls.Config{ServerName: name, InsecureSkipVerify: true}, func(c *client) error {
		got = c.ConnectionState().PeerCertificates[0].Subject.CommonName
		return c.CloseWrite()
	})
	check(t, r.run(c))
	return got
}

func certOf(p *pair, name string) poll.Cert { return poll.Cert{Name: name, Cert: p.cert, Key: p.key} }

func TestServerNames(t *testing.T) {
	first, inside := newPair(t, nil, "first.test", "inside.test"), newPair(t, nil, "second.test", "*.wild.test")
	r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{
		Certificates: []poll.Cert{certOf(first, ""), certOf(inside, "")},
	}, poll.ListenOptions{})
	check(t, r.s.AddCert(certOf(newPair(t, nil, "added"), "Added.test")))
	check(t, r.s.AddCert(certOf(newPair(t, nil, "star"), "*.added.test")))
	for name, want := range map[string]string{
		"": "first.test", "unknown.test": "first.test", "inside.test": "first.test", "SECOND.test": "second.test",
		"a.wild.test": "second.test", "a.b.wild.test": "first.test", "added.test": "added", "x.added.test": "star",
	} {
		if got := served(t, r, name); got != want {
			t.Errorf("for %q the certificate of %s came, want %s", name, got, want)
		}
	}
	check(t, r.s.AddCert(certOf(newPair(t, nil, "newer"), "added.TEST")))
	if got := served(t, r, "added.test"); got != "newer" {
		t.Errorf("the certificate was not replaced: %s", got)
	}
	r.end()
}

// Connections stay when certificates are replaced, tickets stay good, and a pair
// that cannot be loaded changes nothing.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(file, text string) { check(t, os.WriteFile(file, []byte(text), 0o600)) }
	older, newer := newPair(t, nil, "older"), newPair(t, nil, "newer")
	write(cert, older.cert)
	write(key, older.key)
	r := newRig(t, 1, rough, tlsconn.Options{Certificates: []poll.Cert{{Cert: cert, Key: key}}}, poll.ListenOptions{})
	r.echo()
	goOn := make(chan bool)
	stays := r.dial(&tls.Config{InsecureSkipVerify: true}, func(c *client) error {
		for range goOn {
			if err := exchange(c, pattern(5000)); err != nil {
				return err
			}
		}
		return c.CloseWrite()
	})
	turn := func() {
		before := r.l.Stats().BytesOut
		r.until("a client that listens", func() bool {
			r.pump(stays)
			select {
			case goOn <- true:
				return true
			default:
				return false
			}
		})
		r.until("its echo", func() bool { r.pump(stays); return r.l.Stats().BytesOut >= before+5000 })
	}
	turn()
	for _, step := range []struct {
		cert, key, want string
		good            bool
	}{
		{newer.cert, newer.key, "newer", true},
		{older.cert, newer.key, "newer", false}, // they do not match
		{"", newer.key, "newer", false},         // half written
		{newer.cert[:100], newer.key, "newer", false},
		{older.cert, older.key, "older", true},
	} {
		write(cert, step.cert)
		write(key, step.key)
		if err := r.s.Reload(); (err == nil) != step.good {
			t.Errorf("Reload: %v, want good: %v", err, step.good)
		}
		turn()
		if got := served(t, r, ""); got != step.want {
			t.Errorf("the certificate of %s is served, want %s", got, step.want)
		}
	}
	check(t, os.Remove(key))
	if err := r.s.Reload(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Reload without a file: %v", err)
	}
	turn()
	close(goOn)
	check(t, r.run(stays))
	r.end()
}

// Clients resume with their tickets, also after a reload.
func TestResumption(t *testing.T) {
	for _, version := range versions {
		r := newRig(t, 1, rough, tlsconn.Options{}, poll.ListenOptions{})
		r.echo()
		config := one().config("gateway.test")
		config.MaxVersion, config.ClientSessionCache = version, tls.NewLRUClientSessionCache(4)
		for i := range 3 {
			c := r.dial(config, func(c *client) error {
				if c.ConnectionState().DidResume != (i > 0) {
					return errors.New("resumed or not, against expectation")
				}
				return exchange(c, []byte("hello")) // tickets come with it
			})
			check(t, r.run(c))
			check(t, r.s.Reload())
		}
		if st := r.s.Stats(); st.Done != 3 || st.Resumed != 2 {
			t.Errorf("version %x: %+v", version, st)
		}
		r.end()
	}
}

func TestClientCertificates(t *testing.T) {
	ca, other := newPair(t, nil, "ca.test"), newPair(t, nil, "other.test")
	good, bad := newPair(t, ca, "client.test"), newPair(t, other, "client.test")
	for _, x := range []struct {
		what string
		auth tls.ClientAuthType
		with *pair
		ok   bool
	}{
		{"given", 0, good, true}, {"none, optional", 0, nil, true}, {"of a stranger", 0, bad, false},
		{"none, required", tls.RequireAndVerifyClientCert, nil, false},
		{"given, required", tls.RequireAndVerifyClientCert, good, true},
	} {
		r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{
			ClientAuth:   x.auth,
			Certificates: []poll.Cert{{Cert: one().cert, Key: one().key, CA: ca.cert}},
		}, poll.ListenOptions{})
		name := ""
		r.new = func(s *side) {
			s.data = func(s *side, b []byte) {
				if st, ok := tlsconn.StateOf(s.c); ok && len(st.PeerCertificates) > 0 {
					name = st.PeerCertificates[0].Subject.CommonName
				}
				s.c.Write(b)
			}
		}
		config := one().config("gateway.test")
		if x.with != nil {
			mine, err := tls.X509KeyPair([]byte(x.with.cert), []byte(x.with.key))
			check(t, err)
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &mine, nil }
		}
		err := r.run(r.dial(config, func(c *client) error { return exchange(c, []byte("hello")) }))
		if (err == nil) != x.ok || x.ok && (name != "") != (x.with != nil) {
			t.Errorf("%s: %v, the server knows %q", x.what, err, name)
		}
		r.end()
	}
}

// Keys may be encrypted as OpenSSL does it, by default and otherwise.
func TestEncryptedKeys(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal("openssl is not here, although make test installs it")
	default:
		t.Skip("openssl is not here; make deps installs it")
	}
	loop, err := poll.New(poll.Options{Kernel: polltest.New(1, polltest.Faults{})})
	check(t, err)
	defer loop.Close()
	p, dir := one(), t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "key"), []byte(p.key), 0o600))
	for _, x := range []struct {
		good bool
		args []string
	}{
		{true, []string{"pkcs8", "-topk8"}},
		{true, []string{"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"}},
		{true, []string{"pkcs8", "-topk8", "-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512", "-iter", "50"}},
		{true, []string{"ec", "-aes128"}},
		{false, []string{"pkcs8", "-topk8", "-v2", "des3"}},
		{false, []string{"pkcs8", "-topk8", "-scrypt"}},
	} {
		file := filepath.Join(dir, "encrypted")
		args := append(x.args, "-in", filepath.Join(dir, "key"), "-out", file, "-passout", "pass:sesame")
		if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %s", args, out)
		}
		for passwd, good := range map[string]bool{"sesame": x.good, "wrong": false, "": false} {
			_, err := tlsconn.New(loop, tlsconn.Options{Certificates: []poll.Cert{{Cert: p.cert, Key: file, Passwd: passwd}}})
			if (err == nil) != good {
				t.Errorf("openssl %v, password %q: %v", x.args, passwd, err)
			}
		}
	}
}

func TestBadCertificates(t *testing.T) {
	loop, err := poll.New(poll.Options{Kernel: polltest.New(1, polltest.Faults{})})
	check(t, err)
	defer loop.Close()
	p := one()
	text := string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{0x30, 0}}))
	for _, c := range []poll.Cert{
		{}, {Cert: p.cert}, {Key: p.key}, {Cert: "missing.pem", Key: p.key}, {Cert: p.cert, Key: p.cert},
		{Cert: p.key, Key: p.key}, {Cert: p.cert, Key: text}, {Cert: p.cert, Key: p.key, CA: p.key},
		{Cert: p.cert, Key: "-----BEGIN nothing"},
	} {
		if _, err := tlsconn.New(loop, tlsconn.Options{Certificates: []poll.Cert{c}}); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

// FuzzKey: no file makes us panic or compute for ever.
func FuzzKey(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 0, 0}, "x")
	f.Fuzz(func(t *testing.T, der []byte, passwd string) {
		plain, err := tlsconn.DecryptPKCS8(der, passwd)
		if err == nil && len(plain) > 0 {
			_, _ = x509.ParsePKCS8PrivateKey(plain)
		}
	})
}
