// Package jwt lets requests in that carry a JSON Web Token, RFC 7519 and RFC 6750.
// It is a module of its own, so that a program without tokens does not link
// golang-jwt and what that needs:
//
//	app.Use("/api/", jwt.New(jwt.Options{Methods: []string{"EdDSA"}, Key: publicKey, Audience: "gateway"}))
//
// The algorithms are the program's to say, never the token's; a token without an
// expiry is refused. A signature is checked on the loop: HMAC and Ed25519 take
// well below a millisecond on a small board, RSA some.
package jwt
