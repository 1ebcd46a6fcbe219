package ws

// Error is a breach of the protocol by the peer. It says with which status code the connection is failed (section
// 7.1.7). Errors are constants and cost no allocation.
type Error uint8

// The breaches, in the order of RFC 6455.
const (
	ErrReservedBit       Error = iota + 1 // 5.2: an RSV bit without an extension that gives it a meaning
	ErrReservedOpCode                     // 5.2: opcodes 3 to 7 and 11 to 15
	ErrLengthForm                         // 5.2: a length that is not in its shortest form
	ErrLengthSign                         // 5.2: a 64-bit length with its most significant bit set
	ErrNotMasked                          // 5.1: a client must mask
	ErrMasked                             // 5.1: a server must not mask
	ErrNoMessage                          // 5.4: a continuation of nothing
	ErrInsideMessage                      // 5.4: a new message before the last one is finished
	ErrControlFragmented                  // 5.5: a control frame without FIN
	ErrControlTooLong                     // 5.5: a control frame of more than 125 bytes
	ErrCloseLength                        // 5.5.1: a close frame with one byte of status code
	ErrCloseCode                          // 7.4: a status code that must not be sent
	ErrCloseReason                        // 5.5.1: a close reason that is not UTF-8
	ErrText                               // 8.1: a text message that is not UTF-8
	ErrDeflate                            // RFC 7692, 7.2.2: compressed data that is none
	ErrMessageTooBig                      // 10.4: more payload than Limits.MessageBytes
	ErrTooManyFragments                   // 10.4: more frames than Limits.Fragments
	ErrNoMemory                           // no breach: Limits.Budget has no room for the message
)

var breaches = [...]struct {
	code StatusCode
	text string
}{
	ErrReservedBit:       {StatusProtocolError, "reserved bit is set"},
	ErrReservedOpCode:    {StatusProtocolError, "reserved opcode"},
	ErrLengthForm:        {StatusProtocolError, "length is not in its shortest form"},
	ErrLengthSign:        {StatusProtocolError, "length has its most significant bit set"},
	ErrNotMasked:         {StatusProtocolError, "frame from the client is not masked"},
	ErrMasked:            {StatusProtocolError, "frame from the server is masked"},
	ErrNoMessage:         {StatusProtocolError, "continuation without a message"},
	ErrInsideMessage:     {StatusProtocolError, "new message inside a fragmented message"},
	ErrControlFragmented: {StatusProtocolError, "control frame is fragmented"},
	ErrControlTooLong:    {StatusProtocolError, "control frame is longer than 125 bytes"},
	ErrCloseLength:       {StatusProtocolError, "close frame of one byte"},
	ErrCloseCode:         {StatusProtocolError, "close frame with an invalid status code"},
	ErrCloseReason:       {StatusInvalidFramePayloadData, "close reason is not valid UTF-8"},
	ErrText:              {StatusInvalidFramePayloadData, "text message is not valid UTF-8"},
	ErrDeflate:           {StatusInvalidFramePayloadData, "compressed data is not valid"},
	ErrMessageTooBig:     {StatusMessageTooBig, "message is too big"},
	ErrTooManyFragments:  {StatusMessageTooBig, "message has too many fragments"},
	ErrNoMemory:          {StatusTryAgainLater, "no memory for the message"},
}

// Code is the status code that the close frame carries: 1002, 1007, 1009 or 1013.
func (e Error) Code() StatusCode { return breaches[e].code }

// Error says what the peer did.
func (e Error) Error() string { return "ws: " + breaches[e].text }

// State is what the rules must know besides the header. The zero State is a server between two messages.
type State uint8

const (
	// Server receives masked frames.
	Server State = 0
	// Client receives unmasked frames.
	Client State = 1 << 0
	// Fragmented holds from a first frame without FIN to the frame that ends its message.
	Fragmented State = 1 << 1
	// Deflate holds where permessage-deflate was agreed on.
	Deflate State = 1 << 2

	compressed State = 1 << 3 // of a Reader: the message is
)

// CheckHeader tells which rule a well-formed header breaks in a state, as an Error, or nil. Limits are not rules: see
// Reader.
func CheckHeader(h Header, s State) error {
	fragmented := s&Fragmented != 0
	switch {
	case h.Rsv&^extensionBits(h, s) != 0:
		return ErrReservedBit
	case h.OpCode.IsReserved():
		return ErrReservedOpCode
	case !h.Masked && s&Client == 0:
		return ErrNotMasked
	case h.Masked && s&Client != 0:
		return ErrMasked
	case h.OpCode.IsControl() && !h.Fin:
		return ErrControlFragmented
	case h.OpCode.IsControl() && h.Length > maxControlBytes:
		return ErrControlTooLong
	case h.OpCode == OpContinuation && !fragmented:
		return ErrNoMessage
	case h.OpCode.IsData() && h.OpCode != OpContinuation && fragmented:
		return ErrInsideMessage
	}
	return nil
}

// extensionBits are the reserved bits that a negotiated extension allows in a header. With permessage-deflate (RFC
// 7692, section 6) that is RSV1 in the first frame of a data message.
func extensionBits(h Header, s State) byte {
	if s&Deflate != 0 && (h.OpCode == OpText || h.OpCode == OpBinary) {
		return rsv1Bit >> 4
	}
	return 0
}
