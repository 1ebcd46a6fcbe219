package compile

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The gateway can be built without TLS, and does not serve in the clear then what was to be encrypted.
func TestWithoutTLS(t *testing.T) {
	program := filepath.Join(t.TempDir(), "gateway")
	if out, err := exec.Command("go", "build", "-tags=notls", "-o", program, "../gateway").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	packages, err := exec.Command("go", "list", "-tags=notls", "-deps", "../gateway").Output()
	if err != nil || strings.Contains(string(packages), "crypto/tls\n") {
		t.Errorf("crypto/tls is linked, or %v", err)
	}
	if out, err := exec.Command(program, "-t").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	pair := []string{"-tls-cert", "cert.pem", "-tls-key", "key.pem"}
	for _, more := range []string{"-t", "-listen=127.0.0.1:0"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it would serve
		out, err := exec.CommandContext(ctx, program, append(pair, more)...).CombinedOutput()
		if cancel(); err == nil || !strings.Contains(string(out), "built without TLS") {
			t.Errorf("%s: %v\n%s", more, err, out)
		}
	}
}
