package sio

import (
	"bytes"
	"testing"
)

// Every pair of decoder state and input.
func TestDecoderStates(t *testing.T) {
	header := []byte(`52-["a"]`)
	for _, c := range []struct {
		name  string
		have  int // attachments that arrived before, -1: idle
		input string
		want  decoderState
		done  bool
		err   error
	}{
		{"idle, header", -1, "begin", decoderCollecting, false, nil},
		{"idle, binary", -1, "binary", decoderIdle, false, errNoHeader},
		{"idle, large header", -1, "large begin", decoderIdle, false, errTooManyBytes},
		{"collecting, header", 0, "begin", decoderCollecting, false, errTextInside},
		{"collecting, binary", 0, "binary", decoderCollecting, false, nil},
		{"collecting, last binary", 1, "binary", decoderIdle, true, nil},
		{"collecting, large binary", 0, "large binary", decoderIdle, false, errTooManyBytes},
		{"collecting, large last binary", 1, "large binary", decoderIdle, false, errTooManyBytes},
	} {
		pool := assemblies{limit: 100, each: 50}
		var d decoder
		if c.have >= 0 {
			check(t, d.begin(&pool, header, 2))
			for range c.have {
				_, _, _, err := d.attachment(&pool, []byte{1})
				check(t, err)
			}
		}
		var done bool
		var err error
		switch c.input {
		case "begin":
			err = d.begin(&pool, header, 2)
		case "large begin":
			err = d.begin(&pool, make([]byte, 51), 2)
		case "binary":
			_, _, done, err = d.attachment(&pool, []byte{2})
		case "large binary":
			_, _, done, err = d.attachment(&pool, make([]byte, 43))
		}
		if done {
			pool.recycle(d.take(&pool))
		}
		if d.state() != c.want || done != c.done || err != c.err {
			t.Errorf("%s: state %s, done %t, error %v", c.name, d.state(), done, err)
		}
		d.drop(&pool)
		if pool.held != 0 {
			t.Errorf("%s: %d bytes are held", c.name, pool.held)
		}
	}
}

func TestDecoderSharesOneBudget(t *testing.T) {
	pool := assemblies{limit: 100, each: 80}
	var a, b decoder
	check(t, a.begin(&pool, make([]byte, 60), 3))
	if err := b.begin(&pool, make([]byte, 60), 3); err != errTooManyBytes || b.state() != decoderIdle {
		t.Fatalf("beyond the budget: %v, %s", err, b.state())
	}
	a.drop(&pool)
	check(t, b.begin(&pool, make([]byte, 60), 3))
	b.drop(&pool)
	if pool.held != 0 {
		t.Fatalf("%d bytes held", pool.held)
	}
}

// FuzzDecoder drives a decoder with a script of messages: odd bytes begin binary messages, even ones text. What comes
// out is what went in, and no more is held than allowed.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte(`52-["a",{"_placeholder":true,"num":1}]`), []byte{1, 3})
	f.Add([]byte(`53-["a"]`), []byte{1, 1, 0, 5})
	f.Fuzz(func(t *testing.T, text, script []byte) {
		pool := assemblies{limit: 1 << 12, each: 1 << 10}
		var d decoder
		var sent [][]byte
		header := bytes.Clone(text)
		for i, c := range script {
			if c&1 == 0 {
				var p packet
				err := p.parse(text, &testLimits)
				if err != nil || !p.kind.binary() {
					return
				}
				if d.begin(&pool, header, p.attachments) == nil {
					sent = nil
				}
			} else {
				b := bytes.Repeat([]byte{byte(i)}, int(c))
				got, atts, done, err := d.attachment(&pool, b)
				if err == nil {
					sent = append(sent, bytes.Clone(b))
				}
				if done {
					compare(t, text, sent, got, atts)
					pool.recycle(d.take(&pool))
				}
			}
			if pool.held < 0 || pool.held > pool.limit {
				t.Fatalf("%d bytes held", pool.held)
			}
		}
		d.drop(&pool)
		if pool.held != 0 {
			t.Fatalf("%d bytes left", pool.held)
		}
	})
}

func compare(t *testing.T, text []byte, sent [][]byte, got []byte, atts [][]byte) {
	if !bytes.Equal(got, text) || len(atts) != len(sent) {
		t.Fatalf("got %q with %d attachments, want %q with %d", got, len(atts), text, len(sent))
	}
	for i := range atts {
		if !bytes.Equal(atts[i], sent[i]) {
			t.Fatalf("attachment %d is %x, want %x", i, atts[i], sent[i])
		}
	}
}
