//go:build notls

package main

import "testing"

// A build without TLS does not serve in the clear what was to be encrypted.
func TestWithoutTLS(t *testing.T) {
	for _, pair := range [][2]string{{"cert.pem", "key.pem"}, {"cert.pem", ""}, {"", "key.pem"}} {
		if s, err := openTLS(nil, pair[0], pair[1], nil); err == nil || s != nil {
			t.Errorf("%v: %v, %v", pair, s, err)
		}
	}
	if s, err := openTLS(nil, "", "", nil); err != nil || s != nil {
		t.Error(s, err)
	}
	if new(tlsServer).Reload() == nil {
		t.Error("a certificate was read")
	}
}
