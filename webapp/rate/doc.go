// Package rate has the token buckets that hold floods back: a [Rate] says how
// many tokens come in a time, a [Bucket] is four bytes that belong to one peer,
// and a [Table] has a bucket for each address that came lately. Whole numbers
// only: boards without a floating-point unit count on the loop's way. Times are
// milliseconds of Loop.Now. Nothing here allocates but a Table that grows.
//
// Read next: bucket.go, table.go.
package rate
