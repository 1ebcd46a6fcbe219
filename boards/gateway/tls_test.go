package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// writePair writes a certificate of its own with a serial number, and its key.
func writePair(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der},
		key: {Type: "PRIVATE KEY", Bytes: bytes}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestTLS: the program speaks TLS with a pair of files, takes a new pair on SIGHUP, and keeps the last good one.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := writePair(t, dir, 1)
	r := startWith(t, board(), config{tlsCert: cert, tlsKey: key})
	serial := func() int64 {
		t.Helper()
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
		res, err := client.Get(strings.Replace(r.url, "http", "https", 1) + "/index.html")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if b, _ := io.ReadAll(res.Body); res.StatusCode != 200 || !strings.Contains(string(b), "socket.io") {
			t.Errorf("status %d", res.StatusCode)
		}
		return res.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("certificate %d", n)
	}
	if res, err := r.http.Get(r.url + "/"); err != nil || res.StatusCode != 400 {
		t.Errorf("plain HTTP: %v, %v", res, err)
	} else {
		res.Body.Close()
	}
	reloads := func(want int64) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); serial() != want; {
			if time.Now().After(deadline) {
				t.Fatalf("certificate %d does not come", want)
			}
		}
	}
	writePair(t, dir, 2)
	r.reread()
	reloads(2)
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r.tls.Reload() == nil {
		t.Error("a file without a key was taken")
	}
	reloads(2)
}

// TestTLSConfig: half a pair, or one that is not there, is refused at the start.
func TestTLSConfig(t *testing.T) {
	cert, _ := writePair(t, t.TempDir(), 1)
	for _, c := range []config{{tlsCert: cert}, {tlsKey: cert}, {tlsCert: cert, tlsKey: cert},
		{tlsCert: "/none", tlsKey: "/none"}} {
		if s, err := openTLS(nil, c.tlsCert, c.tlsKey, nil); err == nil {
			t.Errorf("%+v: %v", c, s)
		}
	}
}

// A listener that speaks TLS goes over like any other; the new process reads the pair itself.
func TestTLSHandOver(t *testing.T) {
	dir := t.TempDir()
	cert, key := writePair(t, dir, 1)
	p := launch(t, nil, nil, "-tls-cert", cert, "-tls-key", key)
	serial := func() string {
		t.Helper()
		c, err := tls.Dial("tcp", p.addr, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	if got := serial(); got != "1" {
		t.Error(got)
	}
	writePair(t, dir, 2)
	p.signal(syscall.SIGUSR2)
	next := p.replaced()
	p.exits()
	if got := serial(); got != "2" {
		t.Error(got)
	}
	syscall.Kill(next, syscall.SIGTERM)
	p.line("stopping")
}
