//go:build !(386 || amd64 || arm64 || loong64 || ppc64le || s390x || wasm)

package words

// Wanted is whether words are faster than encoding/binary here: the architectures above are those for which Go's
// compiler has unalignedOK.
const Wanted = true
