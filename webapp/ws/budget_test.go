package ws

import (
	"strings"
	"testing"
)

// purse is a budget of so many bytes.
type purse struct{ limit, used, asked int }

func (p *purse) Fits(n int) bool { p.asked++; return n <= p.limit-p.used }

func (p *purse) Take(n int) bool {
	if !p.Fits(n) {
		return false
	}
	p.used += n
	return true
}

func (p *purse) Give(n int) { p.used -= n }

// What a Reader keeps is taken from the budget and given back, however the stream is cut and ends.
func TestBudgetIsGivenBack(t *testing.T) {
	for _, v := range vectors {
		for _, n := range []int{1, 7, 100} {
			p := &purse{limit: 1 << 30}
			limits := vectorLimits
			limits.Budget = p
			r, most := NewReader(&limits, Server|Deflate), 0
			for _, piece := range octets(v.wire, n) {
				if r.Feed([]byte(piece), discard{}) != nil {
					break
				}
				if most = max(most, p.used); p.used != cap(r.spill()) {
					t.Fatalf("%s: %d bytes are taken, the spill has %d", v.name, p.used, cap(r.spill()))
				}
			}
			if r.Stop(); p.used != 0 {
				t.Errorf("%s by %d: %d bytes are left", v.name, n, p.used)
			}
		}
	}
}

// A message is refused by its declared length, before its bytes come; small ones still pass.
func TestBudgetRefuses(t *testing.T) {
	p := &purse{limit: 1000}
	r := NewReader(&Limits{Budget: p}, Server)
	if err := r.Feed([]byte(finFrame(OpBinary, strings.Repeat("x", 2000))), discard{}); err != nil || p.asked != 0 {
		t.Errorf("a message that is whole: %v, asked %d times", err, p.asked)
	}
	if err := r.Feed([]byte(finFrame(OpBinary, strings.Repeat("x", 900))[:500]), discard{}); err != nil || p.used != 900 {
		t.Errorf("half a message: %v, %d bytes are taken", err, p.used)
	}
	r.Stop()
	r = NewReader(&Limits{Budget: p}, Server)
	large := finFrame(OpBinary, strings.Repeat("x", 2000))
	if err := r.Feed([]byte(large[:8]), discard{}); err != ErrNoMemory || p.used != 0 {
		t.Errorf("2000 bytes declared: %v, %d bytes are taken", err, p.used)
	}
	r = NewReader(&Limits{Budget: p}, Server)
	err := r.Feed([]byte(startText("x")), discard{})
	for n := 0; err == nil && n < 20; n++ {
		err = r.Feed([]byte(more(strings.Repeat("x", 100))), discard{})
	}
	if err != ErrNoMemory || err.(Error).Code() != StatusTryAgainLater || p.used != 0 {
		t.Errorf("fragments: %v, %d bytes are taken", err, p.used)
	}
}
