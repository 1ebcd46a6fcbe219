//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Files of the board's configuration that nobody but the service may read.
var secrets = []string{"etc/gateway/users", "etc/gateway/key", "etc/gateway/tls.key"}

// The sign-in of the board's only user, for the tests: it is nobody's secret.
const (
	adminName     = "admin"
	adminPassword = "board-of-a-test"
	adminRounds   = 1000 // a board's processor under emulation takes a second for what `gateway -hash` would choose
)

// writeFiles fills the tree with folders to mount on, the services and their configuration.
func writeFiles(tree string, conns int) error {
	for _, dir := range []string{"dev", "proc", "sys", "tmp", "etc/services", "etc/gateway"} {
		if err := os.MkdirAll(filepath.Join(tree, dir), 0o755); err != nil {
			return err
		}
	}
	cert, key, err := pair()
	if err != nil {
		return err
	}
	admin, err := userLine()
	if err != nil {
		return err
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	for name, content := range map[string][]byte{
		"etc/gateway/users":    admin,
		"etc/gateway/key":      secret,
		"etc/gateway/tls.cert": cert,
		"etc/gateway/tls.key":  key,
		"etc/services/gateway": service("gateway", 10, conns),
		"etc/services/tls": service("gateway", 10, conns, "-tls-cert", "/etc/gateway/tls.cert",
			"-tls-key", "/etc/gateway/tls.key"),
		"etc/services/hazard": service("hazard", 30, conns, "-watchdog", "3s"), // before init's
	} {
		if err := os.WriteFile(filepath.Join(tree, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// service is a file for init. watchdog is in seconds. All clients come from one address, that of qemu's network.
func service(program string, watchdog, conns int, more ...string) []byte {
	lines := []string{
		"LIMIT_NOFILE=2048", fmt.Sprint("WATCHDOG_USEC=", watchdog*1e6),
		"/bin/" + program, "-listen", ":8000", "-users", "/etc/gateway/users", "-key", "/etc/gateway/key",
		"-max-conns", strconv.Itoa(conns), "-max-conns-per-address", "-1",
		"-log", "WARN", // a serial line is slow
	}
	return []byte(strings.Join(append(lines, more...), "\n") + "\n")
}

// userLine is a line of the users' file.
func userLine() ([]byte, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := pbkdf2.Key(sha256.New, adminPassword, salt, adminRounds, sha256.Size)
	code := base64.RawStdEncoding
	return fmt.Appendf(nil, "%s 1001 admin pbkdf2-sha256$%d$%s$%s Ada\n", adminName, adminRounds,
		code.EncodeToString(salt), code.EncodeToString(key)), err
}

// pair is a certificate that signs itself, and its key. It holds whatever the board's clock says.
func pair() (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "board"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
