package webapp

import (
	"errors"
	"strconv"
)

// An Error is an answer that is due instead of the intended one. The parser
// refuses with it, a body that cannot be read is reported with it, and an
// application hands its own to next or [Response.Fail].
type Error struct {
	Status  int
	Message string
}

// Error returns the status and the message.
func (e *Error) Error() string {
	return "webapp: " + strconv.Itoa(e.Status) + " " + e.Message
}

// What a BodyReceiver may be told besides a refusal of the body's framing.
var (
	// ErrBodyTooLarge: the body is larger than the limit, which is known at once
	// when there is a Content-Length. The response is still to be ended.
	ErrBodyTooLarge = &Error{413, "request body is too large"}
	// ErrBodyEncoding: the body has a Content-Encoding. None is decoded, so that
	// no small body becomes a large one. The response is still to be ended.
	ErrBodyEncoding = &Error{415, "encoded request body"}
	// ErrBodyBudget: all bodies on their way together are above
	// Options.MaxUploadBytes. The response is still to be ended.
	ErrBodyBudget = &Error{503, "too many request bodies at once"}
	// ErrBodyTimeout: the body was not whole within Options.BodyTimeout. The
	// answer is sent.
	ErrBodyTimeout = &Error{408, "request body took too long"}
	// ErrBodyRead: the body was asked for before. The response is still to be
	// ended.
	ErrBodyRead = &Error{500, "request body was read before"}
	// ErrAborted: the peer went away. Nothing can be sent.
	ErrAborted = errors.New("webapp: request aborted")
)

// The parser's refusals. The connection is closed after each.
var (
	errFirstByte     = &Error{400, "not an HTTP/1.1 request"}
	errBareLF        = &Error{400, "line feed without carriage return"}
	errBareCR        = &Error{400, "carriage return without line feed"}
	errRequestLine   = &Error{400, "malformed request line"}
	errMethod        = &Error{501, "unknown method"}
	errTarget        = &Error{400, "malformed request target"}
	errTargetForm    = &Error{400, "request target of this form is not served"}
	errPath          = &Error{400, "path is not clean"}
	errURITooLong    = &Error{414, "request target is too long"}
	errHeadTooLarge  = &Error{431, "request head is too large"}
	errFieldCount    = &Error{431, "too many header fields"}
	errCookieCount   = &Error{431, "too many cookies"}
	errParamCount    = &Error{400, "too many query parameters"}
	errFolded        = &Error{400, "folded header line"}
	errFieldName     = &Error{400, "malformed header name"}
	errFieldValue    = &Error{400, "malformed header value"}
	errHostMissing   = &Error{400, "Host header is missing"}
	errHostTwice     = &Error{400, "more than one Host header"}
	errHost          = &Error{400, "malformed Host header"}
	errHostTarget    = &Error{400, "Host header and request target differ"}
	errLength        = &Error{400, "malformed Content-Length header"}
	errLengthTwice   = &Error{400, "more than one Content-Length header"}
	errCoding        = &Error{400, "transfer coding is not chunked"}
	errCodingTwice   = &Error{400, "more than one Transfer-Encoding header"}
	errCodingVersion = &Error{400, "Transfer-Encoding in HTTP/1.0"}
	errLengthCoding  = &Error{400, "Content-Length and Transfer-Encoding"}
	errExpect        = &Error{417, "unknown expectation"}
	errHeadTimeout   = &Error{408, "request head took too long"}

	errChunkSize      = &Error{400, "malformed chunk size"}
	errChunkExtension = &Error{400, "malformed chunk extension"}
	errChunkLine      = &Error{400, "chunk size line is too long"}
	errChunkEnd       = &Error{400, "chunk data is not followed by an empty line"}
	errTrailer        = &Error{400, "trailer field is not allowed"}
	errTrailerSize    = &Error{431, "trailer section is too large"}
)
