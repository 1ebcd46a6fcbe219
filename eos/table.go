package eos

// Table is a Verifier of fixed tokens, for tests and trials: it does not look at
// the srand. A token that has no entry, or a nil one, is ReasonUnknown; an Info
// that has ended at Claim.Now is ReasonExpired.
type Table map[string]*Info

// Verify implements Verifier; done is called before it returns.
func (t Table) Verify(c *Claim, done func(info *Info, err error)) {
	if c.Token == "" {
		done(nil, nil)
		return
	}
	info := t[c.Token]
	switch {
	case info == nil:
		done(nil, errUnknown)
	case info.Expired(c.Now):
		done(nil, errExpired)
	default:
		done(info, nil)
	}
}
