// Package compile says how the gateway is compiled for boards whose flash is small: 8 or 16 MB for the kernel, the
// system and all programs. The result has everything that the other builds have but the source maps of the browser
// client.
//
//	for _, f := range compile.For("mipsle").Flags { ... } // arguments of go build
//
// What it buys, for ramips (mipsle, soft float), in bytes of the stripped file:
//
//	8,388,801  go build -trimpath -ldflags="-s -w"
//	8,192,193  without source maps
//	7,590,081  with the flags of For: cold packages without inlining, 4 KiB pages, the collector of before 1.26
//
// The gateway has grown since by what it can be told, and package trim takes a seventh of it away again;
// boards/sizes.txt has what it is now. The rest is what TLS costs: a program that does nothing but call tls.Server is
// 4.5 to 5.0 MB, since crypto/tls links its client, X.509 and every curve. Without it (go run ./boards/build
// ramips-notls, build tag notls) the gateway is 2 MB smaller.
//
// Resident is less than the file: the gateway gives the pages back that only its start needed (image_linux.go there).
package compile
