package tlsconn

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/edgesio/edgesio/poll"
)

// table is a set of certificates that can be used, never changed once it stands.
type table struct{ entries []entry }

type entry struct {
	name   string // lower case; empty: what the certificate says
	leaf   *x509.Certificate
	config *tls.Config
}

// AddCert adds a certificate, or replaces the one of the same Name, for the
// handshakes that follow. After an error all is as before.
func (s *Server) AddCert(c poll.Cert) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	certs := slices.Clone(s.certs)
	at := slices.IndexFunc(certs, func(o poll.Cert) bool { return c.Name != "" && strings.EqualFold(o.Name, c.Name) })
	if at < 0 {
		certs = append(certs, c)
	} else {
		certs[at] = c
	}
	return s.load(certs)
}

// Reload reads the files again, for the handshakes that follow; connections
// stay. If one pair cannot be loaded the last good ones of all stay, and the
// error tells why. Any goroutine may call it; it reads files: Loop.Go is the place.
func (s *Server) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(s.certs)
}

// load makes certs the table, if all of them are good.
func (s *Server) load(certs []poll.Cert) error {
	t := new(table)
	for _, c := range certs {
		e, err := s.newEntry(c)
		if err != nil {
			if c.Name != "" {
				return fmt.Errorf("tlsconn: certificate for %s: %w", c.Name, err)
			}
			return fmt.Errorf("tlsconn: certificate: %w", err)
		}
		t.entries = append(t.entries, e)
	}
	s.certs = certs
	s.table.Store(t)
	return nil
}

func (s *Server) newEntry(c poll.Cert) (e entry, err error) {
	chain, err := pemOf(c.Cert)
	if err != nil {
		return e, err
	}
	key, err := pemOf(c.Key)
	if err != nil {
		return e, err
	}
	if key, err = decryptKey(key, c.Passwd); err != nil {
		return e, err
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return e, err
	}
	e = entry{name: strings.ToLower(c.Name), leaf: pair.Leaf, config: s.newConfig()}
	e.config.Certificates = []tls.Certificate{pair}
	if c.CA != "" {
		ca, err := pemOf(c.CA)
		if err != nil {
			return e, err
		}
		e.config.ClientCAs = x509.NewCertPool()
		if !e.config.ClientCAs.AppendCertsFromPEM(ca) {
			return e, errors.New("CA has no certificate")
		}
		e.config.ClientAuth = s.options.ClientAuth
	}
	return e, nil
}

// pemOf is the PEM text itself, or what the file of that name has.
func pemOf(s string) ([]byte, error) {
	if strings.Contains(s, "-----BEGIN ") {
		return []byte(s), nil
	}
	if s == "" {
		return nil, errors.New("it lacks Cert or Key")
	}
	return os.ReadFile(s)
}

// decryptKey takes the encryption off the first key.
func decryptKey(text []byte, passwd string) ([]byte, error) {
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("the key is not PEM")
	case block.Type == "ENCRYPTED PRIVATE KEY":
		der, err := decryptPKCS8(block.Bytes, passwd)
		if err != nil {
			return nil, err
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
	case block.Headers["DEK-Info"] != "":
		// RFC 1423 is weak, and yet what older tools wrote; the file is the owner's.
		der, err := x509.DecryptPEMBlock(block, []byte(passwd)) //nolint:staticcheck
		if err != nil {
			return nil, err
		}
		return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
	}
	return text, nil
}

// choose finds the certificate for a client: one that was added for the name it
// asks for, one that has the name in it, or the first. On the handshake's
// goroutine.
func (s *Server) choose(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	entries := s.table.Load().entries
	if len(entries) == 0 {
		return nil, errors.New("tlsconn: there is no certificate")
	}
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if name != "" {
		_, domain, _ := strings.Cut(name, ".")
		for _, want := range []string{name, "*." + domain} {
			for i := range entries {
				if entries[i].name == want {
					return entries[i].config, nil
				}
			}
		}
		for i := range entries {
			if entries[i].name == "" && entries[i].leaf.VerifyHostname(name) == nil {
				return entries[i].config, nil
			}
		}
	}
	return entries[0].config, nil
}
