// Package eos is who a request is from and what it may do, in the platform's
// words. It is a leaf: it knows nothing of HTTP or sockets, which carry it and ask
// it, and it starts no goroutine, reads no clock and opens no file but those that
// a program names.
//
// # Identity
//
// An Info is the platform's user information. Only a Verifier makes one, from the
// Claim of the request that starts an HTTP route, an Engine.IO handshake or a
// WebSocket upgrade: TrustedProxy (headers of a proxy), SignedToken (edger-token
// and edger-srand, made by an Issuer), Table (tests), VerifierFunc (your own).
// Accounts tell the Group of an account: AccountFile, AccountTable.
//
// # Three layers of permission
//
//   - A, the process: Matrix is module x API x Mode as data, Narrow takes rights
//     away by a file, Guard.Check stands before each call: *PermissionError.
//   - B, the app: Permissions hold the tree that the owner of the device sets
//     while the app runs, with Check, OnUpdate and *DeniedError.
//   - C, the users: Policy says which Group may join which namespace and room, emit
//     and receive which event: *PolicyError.
//
// IsDenied knows the errors of all three. A denied call has no effect.
//
// # What is never trusted
//
//   - What a client says of itself: query, headers, the auth object of Socket.IO.
//     A token counts only with a signature of a key that the program configured
//     and, against replay of what was overheard or logged, with a fresh srand that
//     is signed over this very token. The pair can be replayed while the srand is
//     fresh (90 s with the defaults): TLS is what keeps it from being overheard.
//   - The algorithm: a token does not name one. Its key id chooses a Key, and the
//     key is for HMAC-SHA256 or for Ed25519.
//   - Identity headers from any address but the configured proxies, and forwarding
//     headers from everyone: Claim.Remote is the address of the connection.
//   - The peer's clock. Times are those of the loop and of the issuer, which may
//     differ by SignedToken.Skew. With a clock that was set back, what had ended
//     is valid again: a board without a clock of its own sets it before it serves.
//   - Sizes: tokens, srands, acoids, nicknames, files, lines and patterns are
//     bounded before they are taken apart, and matching a pattern does not go back.
//   - Files that change: accounts, policies, matrices and trees are taken whole or
//     not at all, are read when the program says so, and a matrix only narrows.
//
// Not guarded against: who can read the keys or write the files of the gateway, a
// proxy in TrustedProxy.Addresses that passes its clients' headers on, and a token
// that is stolen together with the means to renew its srand. Tokens are not
// revoked one by one: they end by Info.Expires or with their key.
//
// Read next: claim.go, verify.go, token.go, matrix.go, policy.go; then webapp's
// and sio's use of them.
package eos
