package poll

import (
	"fmt"
	"testing"
)

func TestParseInherited(t *testing.T) {
	for _, c := range []struct{ pid, count, names, want string }{
		{"", "", "", "[]"},
		{"", "1", "", "[]"},
		{"42", "", "", "[]"},
		{"41", "1", "", "[]"}, // another process'
		{"42", "0", "", "[]"},
		{"42", "1", "", "[{3 }]"},
		{"42", "2", "web:admin", "[{3 web} {4 admin}]"},
		{"42", "2", ":", "[{3 } {4 }]"},
		{"42", "2", "web", "malformed"},
		{"42", "1", "a:b", "malformed"},
		{"42", "257", "", "malformed"},
		{"42", "-1", "", "malformed"},
		{"42", "+1", "", "malformed"},
		{"42", "01", "", "malformed"},
		{"42", " 1", "", "malformed"},
		{"42", "1x", "", "malformed"},
		{"42", "4294967299", "", "malformed"},
		{"0x2a", "1", "", "malformed"},
		{"042", "1", "", "malformed"},
	} {
		list, err := parseInherited(c.pid, c.count, c.names, 42)
		got := fmt.Sprint(list)
		if err != nil {
			got = "malformed"
		}
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
