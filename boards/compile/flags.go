package compile

import "strings"

// Options are what go build is told besides -trimpath and what the linker is told for every board.
type Options struct {
	Flags   []string // arguments, one each
	Linker  string   // for -ldflags, beside "-s -w"
	Tags    []string // also without the others: see the packages' comments
	Environ []string // NAME=value
	Trim    bool     // package trim takes out of the program what only people read
}

// For gives the options for a GOARCH. They are empty where flash is no question: on an SD card or a disk.
func For(goarch string) Options {
	if goarch != "mips" && goarch != "mipsle" {
		return Options{}
	}
	return Options{
		Flags:   append([]string{"-gcflags=all=-l"}, inlined()...),
		Linker:  "-R=4096",
		Tags:    []string{"nosourcemaps"},
		Environ: []string{"GOEXPERIMENT=nogreenteagc"},
		Trim:    true,
	}
}

// Why each of them.
//
// -l does not inline calls into a package's functions. Where nothing is done per message, that is only smaller code and
// smaller tables of it.
//
// -R=4096 rounds the segments to the pages of OpenWrt's kernels, which are 4 KiB on ath79 and ramips, instead of
// 64 KiB.
//
// nogreenteagc is Go's collector of before 1.26. The new one gains from many cores and vector instructions, which these
// boards lack, and its scanning code exists once for each size of object.

// hot are the packages that a message passes through, or a handshake's arithmetic, and those that others' hot code
// inlines nothing of: they are compiled as everywhere. Patterns are those of the go command.
const hot = `
	runtime internal/runtime/... internal/bytealg internal/abi internal/chacha8rand internal/reflectlite
	internal/sync sync sync/atomic internal/strconv strconv unicode/utf8 unicode bytes strings slices maps cmp iter
	sort encoding/binary internal/byteorder internal/stringslite math math/bits syscall golang.org/x/sys/unix
	encoding/base64 compress/flate hash/... crypto/cipher crypto/subtle vendor/golang.org/x/crypto/...
	crypto/internal/fips140/aes/... crypto/internal/fips140/alias crypto/internal/fips140/bigmod
	crypto/internal/fips140/edwards25519/... crypto/internal/fips140/mlkem crypto/internal/fips140/nistec/fiat
	crypto/internal/fips140/sha256 crypto/internal/fips140/sha3 crypto/internal/fips140/sha512
	crypto/internal/fips140/subtle crypto/internal/fips140deps/...
	github.com/edgesio/edgesio/poll github.com/edgesio/edgesio/poll/tlsconn github.com/edgesio/edgesio/webapp/...
	github.com/edgesio/edgesio/eio/... github.com/edgesio/edgesio/sio github.com/edgesio/edgesio/sio/msgpack`

// inlined are the flags for hot: the last that matches a package counts.
func inlined() []string {
	var flags []string
	for _, pattern := range strings.Fields(hot) {
		flags = append(flags, "-gcflags="+pattern+"=")
	}
	return flags
}
