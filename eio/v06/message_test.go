package v06

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// vectors is the one table of batches: codec tests and fuzz seeds read it. The
// last are malformed.
var vectors = []struct {
	wire     string
	messages []string // nil: malformed
}{
	{"~m~5~m~hello", []string{"hello"}},
	{"~m~0~m~", []string{""}},
	{"~m~1~m~a~m~0~m~~m~2~m~bc", []string{"a", "", "bc"}},
	{"~m~11~m~~j~{\"a\":1}", nil},
	{"~m~10~m~~j~{\"a\":1}", []string{`~j~{"a":1}`}},
	{"~m~4~m~~h~1", []string{"~h~1"}},
	{"~m~1~m~€~m~2~m~😀~m~3~m~é\r\n", []string{"€", "😀", "é\r\n"}},
	{"~m~9~m~~m~1~m~~m~", nil}, // behind nine characters there is one more
	{"~m~10~m~~m~1~m~~m~", []string{"~m~1~m~~m~"}},
	{"", nil},
	{"hello", nil},
	{"~m~", nil},
	{"~m~5", nil},
	{"~m~5~m~hell", nil},
	{"~m~4~m~hello", nil},
	{"~m~~m~", nil},
	{"~m~-1~m~", nil},
	{"~m~+1~m~a", nil},
	{"~m~ 1~m~a", nil},
	{"~m~01~m~a", nil},
	{"~m~1e0~m~a", nil},
	{"~m~1~m~😀", nil},
	{"~m~2~m~a\xff", nil},
	{"~m~1~m~\xed\xa0\x80", nil},
	{"~m~4294967297~m~a", nil},
	{"~m~18446744073709551617~m~a", nil},
	{"~m~99999999999999999999999999~m~", nil},
	{"~m~1~h~a", nil},
}

func parts(wire string) (messages []string) {
	for b := []byte(wire); len(b) > 0; {
		m, rest, ok := nextMessage(b)
		if !ok {
			return nil
		}
		messages = append(messages, string(m))
		b = rest
	}
	return messages
}

func TestBatches(t *testing.T) {
	for _, v := range vectors {
		got := parts(v.wire)
		if len(v.messages) == 0 {
			if got != nil || sound([]byte(v.wire), 10) {
				t.Errorf("%q: got %q, want it refused", v.wire, got)
			}
			continue
		}
		if !reflect.DeepEqual(got, v.messages) || !sound([]byte(v.wire), len(got)) || sound([]byte(v.wire), len(got)-1) {
			t.Errorf("%q: got %q, want %q", v.wire, got, v.messages)
		}
		if again := batch(v.messages...); again != v.wire {
			t.Errorf("%q is written %q", v.wire, again)
		}
	}
}

// FuzzBatch: what is sound is written the same, a cut one never brings other
// messages than the whole, and neither does one that goes on.
func FuzzBatch(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.wire), uint8(3))
	}
	f.Fuzz(func(t *testing.T, wire []byte, cut uint8) {
		m, rest, ok := nextMessage(wire)
		if !ok {
			if m != nil || rest != nil {
				t.Fatal("refused, but something was returned")
			}
			return
		}
		n := len(wire) - len(rest)
		if again := appendMessage(nil, m); !bytes.Equal(again, wire[:n]) {
			t.Fatalf("%q is written %q", wire[:n], again)
		}
		for i := range n {
			if m, _, ok := nextMessage(wire[:i]); ok {
				t.Fatalf("%q cut at %d brings %q", wire[:n], i, m)
			}
		}
		longer := append(bytes.Clone(wire), make([]byte, cut)...)
		if again, _, ok := nextMessage(longer); !ok || !bytes.Equal(again, m) {
			t.Fatalf("%q with %d bytes behind it brings %q", wire, cut, again)
		}
	})
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{"text", "text"},
		{[]byte("b€"), "b€"},
		{"\xff\xfea", "\ufffda"},
		{nil, ""},
		{map[string]any{"a": []int{1}}, `~j~{"a":[1]}`},
		{struct {
			A string `json:"a"`
		}{"</script>"}, `~j~{"a":"\u003c/script\u003e"}`},
		{json.RawMessage(`{"raw":1}`), `~j~{"raw":1}`},
		{Message{data: []byte("m")}, "m"},
		{Message{data: []byte(`{"m":1}`), object: true}, `~j~{"m":1}`},
		{7, "~j~7"},
	} {
		b, err := appendValue(nil, c.value)
		if err != nil || string(b) != batch(c.want) {
			t.Errorf("%#v: got %q, %v, want %q", c.value, b, err, c.want)
		}
	}
	if b, err := appendValue([]byte("kept"), func() {}); err == nil || string(b) != "kept" {
		t.Errorf("a function was encoded: %q", b)
	}
}

func TestMessage(t *testing.T) {
	m := Message{data: []byte(`{"a":[1,"b"]}`), object: true}
	var v struct{ A []any }
	if err := m.Bind(&v); err != nil || !m.IsJSON() || len(v.A) != 2 {
		t.Errorf("got %v, %v", v, err)
	}
	m = Message{data: []byte("text")}
	if m.Bind(&v) == nil || m.IsJSON() || m.Text() != "text" || string(m.Bytes()) != "text" {
		t.Error("text is not text")
	}
}

// TestUnfold: a form's line ends are what the page counted.
func TestUnfold(t *testing.T) {
	folded := func(messages ...string) string {
		return strings.NewReplacer("\r\n", "\r\n", "\n", "\r\n", "\r", "\r\n").Replace(batch(messages...))
	}
	for _, c := range []struct{ sent, want string }{
		{folded("a\nb", "\n", "\n\n€😀\n"), batch("a\nb", "\n", "\n\n€😀\n")},
		{folded("a\r\nb", "x\ny", "plain", "\r\n"), batch("a\r\nb", "x\ny", "plain", "\r\n")},
		{folded("one\nand\r\nthe other", "a\rb"), batch("one\nand\nthe other", "a\nb")},
		{folded("a\n~m~1~m~b", "~m~"), batch("a\n~m~1~m~b", "~m~")},
		{batch("plain"), batch("plain")},
		{"~m~9~m~a\r\nb", "~m~9~m~a\r\nb"},
		{"~m~1~m~a\r\nb", "~m~1~m~a\r\nb"},
		{"~m~2~m~\r\nx", "~m~2~m~\nx"},
		{"\r\n", "\r\n"},
	} {
		if got := string(unfold([]byte(c.sent))); got != c.want {
			t.Errorf("%q: got %q, want %q", c.sent, got, c.want)
		}
	}
}

// FuzzUnfold: what a page may send comes out sound; what is sound stays so.
func FuzzUnfold(f *testing.F) {
	f.Add("a\nb", "\r\n", true)
	f.Add("~m~1~m~", "é\r😀\n", false)
	f.Fuzz(func(t *testing.T, one, two string, sent bool) {
		if one, two = strings.ToValidUTF8(one, "?"), strings.ToValidUTF8(two, "?"); sent && strings.Contains(one+two, "~") {
			return // a text that looks like the next frame may be taken for it
		}
		if wire := []byte(one + two); !sent {
			unfold(wire) // anything
			return
		}
		wire := []byte(strings.NewReplacer("\r\n", "\r\n", "\n", "\r\n", "\r", "\r\n").Replace(batch(one, two)))
		got, ends := parts(string(unfold(wire))), strings.NewReplacer("\r\n", "\n", "\r", "\n")
		if len(got) != 2 || ends.Replace(got[0]) != ends.Replace(one) || ends.Replace(got[1]) != ends.Replace(two) {
			t.Fatalf("%q becomes %q", wire, got)
		}
	})
}
