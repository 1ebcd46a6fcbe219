package ws

import (
	"fmt"
	"strings"
	"testing"
)

const (
	accepted = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	malform  = "refused"
)

// U3 and the offers of conformance group 13: what is answered.
func TestNegotiateDeflate(t *testing.T) {
	const pmd = "permessage-deflate"
	within := func(bits int) string { return fmt.Sprintf("%s; server_max_window_bits=%d", accepted, bits) }
	for offer, want := range map[string]string{
		"":                                  "",
		pmd:                                 accepted,
		pmd + "; client_max_window_bits":    accepted, // Chromium, npm's ws
		pmd + "; client_max_window_bits=10": accepted,
		pmd + "; server_no_context_takeover; client_no_context_takeover": accepted,
		pmd + ";server_no_context_takeover;client_max_window_bits=\"8\"": accepted,
		pmd + "; server_max_window_bits=10":                              within(10),
		pmd + " ; server_max_window_bits = \"15\"":                       within(15),
		pmd + "; server_max_window_bits=8; client_no_context_takeover":   within(8),
		" " + pmd + "\t,": accepted,
		"constructor, __proto__, x-webkit-deflate-frame, " + pmd: accepted,
		"x-webkit-deflate-frame":                                 "",
		"permessage-bzip2; x=\"1\", Permessage-Deflate":          "",
		"x-y; a=b; c, " + pmd + "; server_max_window_bits=9":     within(9),

		// The first one in order counts.
		pmd + "; server_max_window_bits=9, " + pmd:                                  within(9),
		pmd + "; server_max_window_bits=16, " + pmd + "; server_max_window_bits=12": within(12),
		pmd + "; nonsense, " + pmd + "; server_max_window_bits=7, " + pmd:           accepted,
		pmd + ", " + pmd + "; server_max_window_bits=99":                            accepted,
		strings.Repeat(pmd+"; x, ", 5000) + pmd:                                     accepted,
		strings.Repeat(pmd+", ", 5000) + pmd:                                        accepted,
		pmd + strings.Repeat("; client_max_window_bits", 5000):                      "",
		strings.Repeat(",", 5000) + strings.Repeat(" ", 5000) + pmd + "; client_no": "",

		// Declined: section 7.1.
		pmd + "; unknown": "",
		pmd + "; unknown=1; client_max_window_bits":                      "",
		pmd + "; constructor":                                            "",
		pmd + "; client_no_context_takeover; client_no_context_takeover": "",
		pmd + "; server_max_window_bits=10; server_max_window_bits=10":   "",
		pmd + "; client_max_window_bits; client_max_window_bits=10":      "",
		pmd + "; server_no_context_takeover=1":                           "",
		pmd + "; client_no_context_takeover=\"true\"":                    "",
		pmd + "; server_max_window_bits":                                 "",
		pmd + "; server_max_window_bits=7":                               "",
		pmd + "; server_max_window_bits=16":                              "",
		pmd + "; server_max_window_bits=08":                              "",
		pmd + "; server_max_window_bits=+9":                              "",
		pmd + "; server_max_window_bits=4294967305":                      "",
		pmd + "; client_max_window_bits=7":                               "",
		pmd + "; client_max_window_bits=16":                              "",
		pmd + "; client_max_window_bits=x":                               "",
		pmd + "; Server_max_window_bits=9":                               "",
		pmd + "-x":                                                       "",
		"x; permessage-deflate":                                          "",
		"x; y=permessage-deflate":                                        "",

		// No list of extensions: section 9.1 of RFC 6455.
		pmd + ";":                         malform,
		pmd + "; ,x":                      malform,
		strings.Repeat(pmd+"; ", 1000):    malform,
		pmd + "; a=":                      malform,
		pmd + "; a=\"\"":                  malform,
		pmd + "; a=\"b":                   malform,
		pmd + "; a=\"b c\"":               malform,
		pmd + "; =b":                      malform,
		pmd + " x":                        malform,
		pmd + "/1":                        malform,
		pmd + ", \x00":                    malform,
		pmd + ", x; y=\xff":               malform,
		";" + pmd:                         malform,
		"=":                               malform,
		"\"" + pmd + "\"":                 malform,
		pmd + "; client_max_window_bits=": malform,
	} {
		terms, refused := NegotiateDeflate(offer)
		got := strings.TrimSuffix(string(terms.AppendLine(nil)), "\r\n")
		if refused != nil {
			got = malform
		}
		if got != want {
			t.Errorf("%.80q: %q, want %q", offer, got, want)
		}
	}
}

func TestTakes(t *testing.T) {
	for _, c := range []struct {
		threshold int
		window    uint8
		n         int
		want      bool
	}{
		{0, 0, 0, false}, {0, 0, 100, false}, {0, 15, 0, true}, {1024, 15, 1020, false}, {1024, 15, 1023, false},
		{1024, 15, 1024, true}, {1024, 15, 1 << 20, true}, {1024, 9, 1024, false}, {1, 8, 256, true}, {1, 8, 257, false},
		{1, 14, 1 << 14, true}, {1, 14, 1<<14 + 1, false},
	} {
		d := Deflater{Threshold: c.threshold}
		frame := AppendFrame(nil, OpText, make([]byte, c.n))
		if got := d.Takes(frame, Terms{Window: c.window}); got != c.want {
			t.Errorf("%d bytes, from %d on, in a window of %d bits: %v", c.n, c.threshold, c.window, got)
		}
	}
}

func TestExtensionsOfARequest(t *testing.T) {
	r := request("+sec-websocket-extensions: a; b")
	r.Add([]byte("Sec-WebSocket-Extensions"), []byte("permessage-deflate"))
	if r.Extensions != "a; b,permessage-deflate" {
		t.Errorf("%q", r.Extensions)
	}
}

// Whatever is offered, the answer is one that the offer allows, or none.
func FuzzNegotiateDeflate(f *testing.F) {
	f.Add("permessage-deflate; server_max_window_bits=\"10\"; client_max_window_bits, x; y=z")
	f.Add("permessage-deflate; ,")
	f.Fuzz(func(t *testing.T, offer string) {
		terms, refused := NegotiateDeflate(offer)
		if refused != nil {
			if terms != (Terms{}) {
				t.Fatalf("%q: refused, but %+v", offer, terms)
			}
			return
		}
		if terms.Window == 0 {
			return
		}
		if terms.Window < minWindow || terms.Window > maxWindow || !terms.named && terms.Window != maxWindow {
			t.Fatalf("%q: %+v", offer, terms)
		}
		if terms.named != strings.Contains(string(terms.AppendLine(nil)), "server_max_window_bits=") ||
			!strings.Contains(offer, "permessage-deflate") || terms.named && !strings.Contains(offer, "window_bits") {
			t.Fatalf("%q: %+v", offer, terms)
		}
		if again, refused := NegotiateDeflate(offer + ", permessage-deflate"); refused != nil || again != terms {
			t.Fatalf("%q: %+v, with another offer behind it %+v", offer, terms, again)
		}
	})
}
