package jstext

import "testing"

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		s     string
		units int
	}{{"", 0}, {"a", 1}, {"€", 1}, {"😀", 2}, {"a€😀", 4}} {
		if n := Units([]byte(c.s)); n != c.units {
			t.Errorf("%q has %d units, want %d", c.s, n, c.units)
		}
		if n, ok := Cut([]byte(c.s), uint64(c.units)); !ok || n != len(c.s) {
			t.Errorf("%q cut at %d: %d %v", c.s, c.units, n, ok)
		}
	}
	if _, ok := Cut([]byte("😀"), 1); ok {
		t.Error("cut through a surrogate pair")
	}
}

func TestFormValue(t *testing.T) {
	for _, c := range []struct {
		body, want string
		found, ok  bool
	}{
		{"data=a%20b+c", "a b c", true, true},
		{"x=1&data=%e2%82%AC&y", "€", true, true},
		{"data=", "", true, true},
		{"", "", false, true},
		{"dat=1&data&Data=2", "", false, true},
		{"data=1&data=2", "", false, false},
		{"data=&data=", "", false, false},
		{"data=%", "", false, false},
		{"data=%4", "", false, false},
		{"data=%4g", "", false, false},
		{"x=%zz&data=1", "1", true, true},
	} {
		v, ok := FormValue([]byte(c.body), "data")
		if ok != c.ok || ok && (string(v) != c.want || (v != nil) != c.found) {
			t.Errorf("%q: got %q, %v, %v", c.body, v, v != nil, ok)
		}
	}
}

func TestAppendString(t *testing.T) {
	got := string(AppendString([]byte(`"`), []byte("a\u2028\u2029\"\\\n\r\t\b\f\x01\x1fé😀</script>")))
	if want := `"a\u2028\u2029\"\\\n\r\t\b\f\u0001\u001fé😀</script>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
