package tlsconn

// DecryptPKCS8 is for fuzzing.
var DecryptPKCS8 = decryptPKCS8
