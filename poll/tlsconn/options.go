package tlsconn

import (
	"crypto/tls"
	"errors"
	"runtime"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// Options configure a Server. A zero field takes the default.
type Options struct {
	// Certificates to begin with; more come with AddCert. Without any, every
	// handshake fails.
	Certificates []poll.Cert
	// MinVersion is tls.VersionTLS12 (default) or tls.VersionTLS13.
	MinVersion uint16
	// ClientAuth says what is asked of clients where a Cert has a CA. Default:
	// tls.VerifyClientCertIfGiven; where there is no CA nothing is asked.
	ClientAuth tls.ClientAuthType
	// HandshakeTimeout bounds a handshake from the accept on. Default 10 s.
	HandshakeTimeout time.Duration
	// MaxHandshakes bounds the goroutines: handshakes that are under way, at some
	// 30 KB each. Those beyond wait. Default 32.
	MaxHandshakes int
	// MaxComputing bounds the handshakes that compute at a time; the others wait
	// for their peers. On one processor two of them would take the loop's turn
	// twice. Default: one less than the processors, at least 1.
	MaxComputing int
	// OnFail is told of handshakes that failed, on the loop's goroutine, and of
	// nothing else. Default: they are only counted.
	OnFail func(c *poll.Conn, err error)
}

func (o Options) withDefaults() Options {
	set(&o.MinVersion, tls.VersionTLS12)
	set(&o.ClientAuth, tls.VerifyClientCertIfGiven)
	set(&o.HandshakeTimeout, 10*time.Second)
	set(&o.MaxHandshakes, 32)
	set(&o.MaxComputing, max(1, runtime.GOMAXPROCS(0)-1))
	return o
}

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Errors that OnFail, or a handler's OnClose, may see besides those of crypto/tls.
var (
	// ErrTruncated: the peer's FIN came without close_notify, or amid a handshake.
	ErrTruncated = errors.New("tlsconn: the peer hung up without close_notify")
	// ErrTimeout: the handshake took longer than Options.HandshakeTimeout.
	ErrTimeout = errors.New("tlsconn: handshake timeout")
	// ErrNotTLS: the first bytes are no TLS record.
	ErrNotTLS = errors.New("tlsconn: the peer does not speak TLS")
	// ErrPlainHTTP: they are a request in plain HTTP.
	ErrPlainHTTP = errors.New("tlsconn: plain HTTP on a TLS port")
)

// suites are those of TLS 1.2 that have forward secrecy and authenticate; those
// of TLS 1.3 all do. crypto/tls orders them by what the hardware has.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}
