package poll

// A Cert is a certificate with its key, for a layer that speaks TLS (package
// poll/tlsconn). CA, Cert and Key are PEM text, or the path of a file with it,
// which is read again when the layer reloads.
type Cert struct {
	// Name is the server name (SNI) that the certificate is for, "*.example.org"
	// included; empty: the names in the certificate. The first certificate is also
	// for clients that name none, or one that nobody has.
	Name string
	// CA has the authorities that may have issued the certificates of clients.
	// Empty: clients are not asked for one.
	CA string
	// Cert is the certificate, with its intermediates behind it.
	Cert string
	// Key is the private key, and Passwd what it is encrypted with.
	Key, Passwd string
}
