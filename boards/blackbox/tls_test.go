package blackbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pair writes a certificate and its key.
func pair(t *testing.T) (cert, key string) {
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"a"}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", private)
}

// secure is a row with a program that speaks TLS.
func secure(name, sent, want, remark string, run func(x *exchange) string) row {
	return own(name, sent, want, remark, func(t *testing.T, line []string) []string {
		cert, key := pair(t)
		return append(line, "-tls-cert", cert, "-tls-key", key)
	}, run)
}

// servesTLS tells whether a client that speaks TLS gets an answer.
func (x *exchange) servesTLS() string {
	raw, err := tls.Dial("tcp", x.g.addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return err.Error()
	}
	if a := x.adopt(raw).ask("GET", "/", "", "Connection: close"); a.status != 200 {
		return a.short()
	}
	return "serves"
}

// ended tells how a connection ends that sent something else than TLS.
func (x *exchange) ended(wire string) string {
	c := x.dial().send(wire)
	for {
		if _, err := c.r.ReadByte(); late(err) {
			return "held"
		} else if err != nil {
			return "close, " + x.servesTLS()
		}
	}
}

// openssl runs its client with commands on standard input, and tells whether the server ended the connection.
func (x *exchange) openssl(commands string, args ...string) string {
	path, err := exec.LookPath("openssl")
	if err != nil {
		x.cannot(err)
	}
	cmd := exec.Command(path, append([]string{"s_client", "-connect", x.g.addr}, args...)...)
	in, _ := cmd.StdinPipe()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	for c := range strings.SplitSeq(commands, " ") {
		_, _ = fmt.Fprintln(in, c)
		time.Sleep(5 * time.Millisecond)
	}
	select {
	case <-done:
		return "close, " + x.servesTLS()
	case <-time.After(patience()):
		_ = cmd.Process.Kill()
		return "goes on, " + x.servesTLS()
	}
}

var tlsRows = []row{
	secure("H34", "plain HTTP on a port of TLS", "close, serves", "",
		func(x *exchange) string { return x.ended(target("/")) }),
	secure("R3", "half a ClientHello, then silence", "close, serves", "", func(x *exchange) string {
		return x.ended("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
	}),
	secure("R3", "nothing", "close, serves", "", func(x *exchange) string { return x.ended("") }),
	secure("R3", "renegotiation", "close, serves", "by openssl s_client", func(x *exchange) string {
		return x.openssl("R", "-tls1_2")
	}),
	secure("R3", "2000 KeyUpdates in a row", "close, serves", "by openssl s_client", func(x *exchange) string {
		return x.openssl(strings.TrimSpace(strings.Repeat("k ", 2000)), "-tls1_3")
	}),
}
