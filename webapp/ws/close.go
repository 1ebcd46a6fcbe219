package ws

import (
	"encoding/binary"
	"unicode/utf8"
)

// StatusCode says why a connection is closed (section 7.4).
type StatusCode uint16

// The status codes that a server of ours sends or receives by name.
const (
	StatusNormalClosure           StatusCode = 1000
	StatusGoingAway               StatusCode = 1001
	StatusProtocolError           StatusCode = 1002
	StatusNoStatusRcvd            StatusCode = 1005 // never on the wire
	StatusAbnormalClosure         StatusCode = 1006 // never on the wire
	StatusInvalidFramePayloadData StatusCode = 1007
	StatusPolicyViolation         StatusCode = 1008
	StatusMessageTooBig           StatusCode = 1009
	StatusInternalServerError     StatusCode = 1011
	StatusTryAgainLater           StatusCode = 1013 // IANA: the server is overloaded
)

const maxReasonBytes = maxControlBytes - 2

// ParseClose reads the payload of a close frame. An empty one is StatusNoStatusRcvd. It fails with ErrCloseLength,
// ErrCloseCode or ErrCloseReason. The reason is a view into the payload.
func ParseClose(payload []byte) (code StatusCode, reason []byte, err error) {
	if len(payload) == 0 {
		return StatusNoStatusRcvd, nil, nil
	}
	if len(payload) == 1 {
		return 0, nil, ErrCloseLength
	}
	code, reason = StatusCode(binary.BigEndian.Uint16(payload)), payload[2:]
	if !onWire(code) {
		return 0, nil, ErrCloseCode
	}
	if !utf8.Valid(reason) {
		return 0, nil, ErrCloseReason
	}
	return code, reason, nil
}

// AppendClose appends an unmasked close frame. Code 0 and StatusNoStatusRcvd write an empty one and leave the reason
// out, so what ParseClose gave can be sent back as it is. Another code that must not be on the wire is our own mistake
// and goes out as StatusInternalServerError. A reason is cut between two characters to the 123 bytes that fit; one that
// is not UTF-8 is left out.
func AppendClose(dst []byte, code StatusCode, reason string) []byte {
	if code == 0 || code == StatusNoStatusRcvd {
		return appendHeader(dst, OpClose, 0, 0)
	}
	if !onWire(code) {
		code = StatusInternalServerError
	}
	reason = fittingReason(reason)
	dst = appendHeader(dst, OpClose, 2+len(reason), 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...)
}

// onWire reports whether a close frame may carry the code: what section 7.4.1 and the IANA registry define up to 1014,
// except 1004 to 1006, and what libraries (3000) and applications (4000) define for themselves.
func onWire(code StatusCode) bool {
	return 1000 <= code && code <= 1003 || 1007 <= code && code <= 1014 || 3000 <= code && code <= 4999
}

func fittingReason(reason string) string {
	if !utf8.ValidString(reason) {
		return ""
	}
	if len(reason) <= maxReasonBytes {
		return reason
	}
	n := maxReasonBytes
	for !utf8.RuneStart(reason[n]) {
		n--
	}
	return reason[:n]
}
