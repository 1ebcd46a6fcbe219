// Package msgpack is the wire form of socket.io-msgpack-parser for package sio: each packet, CONNECT too, is one binary
// message, a MessagePack map with type, nsp, data and id, with []byte inline instead of as attachments. Clients must be
// made with the same parser.
//
//	io, err := sio.New(app, sio.Options{Parser: msgpack.New(msgpack.Options{})})
//
// It is a package of its own so that programs without it do not link it. Values are read (head.go) and appended
// (append.go) after https://github.com/msgpack/msgpack/blob/master/spec.md, whose sections the comments name;
// tinylib/msgp is the judge in the tests.
//
// A message is translated to the JSON that handlers see and back; nothing is decoded into an any. What JSON has no word
// for is refused instead of repaired: NaN and the infinities, map keys that are not strings, a key twice in one map,
// strings that are not UTF-8, extensions other than notepack's (undefined, Date, ArrayBuffer) and the timestamp. Dates
// become strings as Date.toISOString writes them, undefined becomes null. Depth and number of values are bounded before
// anything is allocated for them.
//
// Read next: packet.go and decode.go, then encode.go; head.go and append.go are below them.
package msgpack
