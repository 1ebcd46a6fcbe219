package rate

import "time"

// A Rate is how many tokens come in a time and how many may be saved up. The
// zero Rate is no limit. It is shared by all buckets that it fills.
type Rate struct {
	cost uint64 // of one token, in units<<16; 0 is no limit
	most uint64 // tokens from which on a cost is maxSpan
	span uint32 // units: the cost of a bucket's content
	past uint32 // units: more than it ever lacks
}

// A unit is 1/64 ms: a bucket's 32 bits turn over in 18.6 hours of them. maxSpan
// is what a bucket may lack, maxDebt what it may owe beside that: a minute.
const (
	unitShift = 6
	maxSpan   = 1 << 29
	maxDebt   = 1 << 22
)

// New is a Rate of n tokens in each period, of which burst, at least one, may be
// taken at once. An n of 0 or less is no limit. A rate above
// 64,000 a second is for tokens that are taken many at a time, as bytes are: each
// time costs a unit at least. What takes longer than two hours to fill is cut.
func New(n int, period time.Duration, burst int) Rate {
	if n <= 0 {
		return Rate{}
	}
	ms := min(max(uint64(max(period, 0)/time.Millisecond), 1), 1<<31)
	r := Rate{cost: max(ms<<(unitShift+16)/uint64(n), 1), span: maxSpan}
	r.most = uint64(maxSpan) << 16 / r.cost
	r.span = max(r.price(burst), r.price(1), 1)
	if one := uint64(r.price(1)); one >= 16 && burst > 0 { // for burst of them, each rounded up
		r.span = uint32(min(max(uint64(r.span), one*uint64(min(burst, maxSpan))), maxSpan))
	}
	r.past = r.span + maxDebt
	return r
}

// Unlimited tells whether the Rate is none.
func (r *Rate) Unlimited() bool { return r.cost == 0 }

// price is what n tokens cost, in units, rounded up.
func (r *Rate) price(n int) uint32 {
	switch {
	case n <= 0:
		return 0
	case uint64(n) >= r.most:
		return maxSpan
	}
	return uint32((uint64(n)*r.cost + 1<<16 - 1) >> 16)
}

// A Bucket holds tokens of a Rate: it is the time at which it will be full, the
// low bits of it, so that one that nobody touches fills by itself. The zero
// Bucket is full. One that is left alone for 18.6 hours, when the clock turns over,
// may seem to be emptied anew: for Take in the moment that one token needs to come,
// for Charge for as long as it takes to fill it and a minute. So a bucket is for
// Take, Wait and Give, or for Charge.
type Bucket uint32

func clock(now int64) uint32 { return uint32(now << unitShift) }

// lack is what the bucket needs to be full, in units; it never lacks more than most.
func (b Bucket) lack(now int64, most uint32) uint32 {
	if b == 0 {
		return 0
	}
	d := uint32(b) - clock(now)
	if d > most { // the past, or the turn before this one
		return 0
	}
	return d
}

func (b *Bucket) set(now int64, lack uint32) {
	if *b = Bucket(clock(now) + lack); *b == 0 {
		*b = 1
	}
}

// Take takes n tokens if the bucket has them all, and none otherwise.
func (b *Bucket) Take(r *Rate, now int64, n int) bool {
	if r.cost == 0 {
		return true
	}
	lack := b.lack(now, r.span) + r.price(n)
	if lack > r.span {
		return false
	}
	b.set(now, lack)
	return true
}

// Pay is the way of nearly all through Charge, short enough to be compiled into
// its callers: it takes n tokens and tells so. False: nothing was done, and Charge
// knows what is to be.
func (b *Bucket) Pay(r *Rate, now int64, n int) bool {
	lack := uint32(*b) - clock(now)
	if lack > r.past {
		lack = 0
	}
	lack += uint32((uint64(n)*r.cost + 1<<16 - 1) >> 16)
	next := Bucket(clock(now) + lack)
	if *b == 0 || next == 0 || lack > r.span || uint64(n) >= r.most {
		return false
	}
	*b = next
	return true
}

// Charge takes n tokens whether the bucket has them or not, and tells for how
// many milliseconds it is in debt then, at most 65,536; 0 is not at all.
func (b *Bucket) Charge(r *Rate, now int64, n int) (debt int64) {
	if r.cost == 0 {
		return 0
	}
	lack := b.lack(now, r.past) + r.price(n)
	if lack <= r.span { // the way of nearly all
		b.set(now, lack)
		return 0
	}
	lack = min(lack, r.past)
	b.set(now, lack)
	return overdue(lack, r.span)
}

// Wait is in how many milliseconds Take will have n tokens; 0 is now.
func (b *Bucket) Wait(r *Rate, now int64, n int) int64 {
	if r.cost == 0 {
		return 0
	}
	return overdue(b.lack(now, r.span)+r.price(n), r.span)
}

// Give puts n tokens back.
func (b *Bucket) Give(r *Rate, now int64, n int) {
	lack := b.lack(now, r.span)
	b.set(now, lack-min(lack, r.price(n)))
}

// Full tells whether nothing is missing: such a bucket may be forgotten.
func (b *Bucket) Full(r *Rate, now int64) bool { return b.lack(now, r.past) == 0 }

func overdue(lack, span uint32) int64 {
	if lack <= span {
		return 0
	}
	return int64((lack - span + 1<<unitShift - 1) >> unitShift)
}
