package webapp

import (
	"errors"
	"github.com/edgesio/edgesio/eos"

	"github.com/edgesio/edgesio/poll"
)

// Cert is a certificate with its key, as PEM text or files.
type Cert = poll.Cert

// TLS is what makes a listener's connections speak TLS: a tlsconn.Server. Only
// programs that make one link crypto/tls's server.
type TLS interface {
	// Layer is for poll.ListenOptions.
	Layer(c *poll.Conn) poll.Layer
	// AddCert adds a certificate, or replaces the one of the same Name.
	AddCert(c Cert) error
}

// ErrNoTLS: AddCert was called on an app that was created without Options.TLS.
var ErrNoTLS = errors.New("webapp: the app has no TLS")

// AddCert adds a certificate to the app's TLS, or replaces the one of the same
// Name, for the handshakes that follow. It may be called while the app runs.
func (a *App) AddCert(c Cert) error {
	if err := a.server.permits.Check(eos.AppAddCert); err != nil {
		return err
	}
	if a.server.options.TLS == nil {
		return ErrNoTLS
	}
	return a.server.options.TLS.AddCert(c)
}

// secure puts TLS into the options of the listener.
func (a *App) secure(o *poll.ListenOptions) {
	if t := a.server.options.TLS; t != nil {
		o.Layer = t.Layer
	}
}
