package eos

// A Verifier decides who a request is from. Verify calls done once, now or in a
// later turn, on the loop's goroutine, with
//   - nil, nil: the request claims nothing, access is anonymous
//   - an Info: it was checked and is true at Claim.Now
//   - a *VerifyError: it claims something that is not so
//
// The claim is valid until done returns; an Info is shared and never changed
// afterwards. Verify itself is called on the loop's goroutine and does not wait:
// loop.Go is the place for what does.
type Verifier interface {
	Verify(c *Claim, done func(info *Info, err error))
}

// VerifierFunc is a function as a Verifier.
type VerifierFunc func(c *Claim, done func(info *Info, err error))

// Verify implements Verifier.
func (f VerifierFunc) Verify(c *Claim, done func(info *Info, err error)) { f(c, done) }

// Reason tells why a claim is not believed. A peer may see it: it tells no more
// than what the peer can find out by trying.
type Reason string

// The reasons of a VerifyError.
const (
	ReasonNone      Reason = "none"              // a token is needed and there is none
	ReasonMalformed Reason = "malformed"         // not in the form of a token
	ReasonForged    Reason = "forged"            // the signature is not ours
	ReasonExpired   Reason = "expired"           // the token has ended, or begins in the future
	ReasonStale     Reason = "stale srand"       // the srand is missing, too old, or of another token
	ReasonUntrusted Reason = "untrusted address" // identity headers that only a proxy may send
	ReasonUnknown   Reason = "unknown"           // a token, or the id of a key, that is not known
)

// A VerifyError is the answer to a claim that is not believed.
type VerifyError struct {
	Reason Reason `json:"reason"`
}

// Error names the reason.
func (e *VerifyError) Error() string { return "eos: not verified: " + string(e.Reason) }

// refused are the errors, made once: a flood of bad tokens costs no allocation.
var (
	errMalformed = &VerifyError{ReasonMalformed}
	errForged    = &VerifyError{ReasonForged}
	errExpired   = &VerifyError{ReasonExpired}
	errStale     = &VerifyError{ReasonStale}
	errUntrusted = &VerifyError{ReasonUntrusted}
	errUnknown   = &VerifyError{ReasonUnknown}
)
