package eos

// setWords is the length of a Set: 64 rows a word.
const setWords = (int(apiCount) + 63) / 64

// A Set is a set of APIs, a bit each. The zero value is empty.
type Set [setWords]uint64

// Has tells whether a is in the set: an AND, no allocation. An API that does not
// exist is in none.
func (s *Set) Has(a API) bool {
	return a < apiCount && s[a/64]&(1<<(a%64)) != 0
}

// Add puts a into the set. It panics on an API that does not exist.
func (s *Set) Add(a API) {
	if a >= apiCount {
		panic("eos: unknown API")
	}
	s[a/64] |= 1 << (a % 64)
}

// Remove takes a out of the set.
func (s *Set) Remove(a API) {
	if a < apiCount {
		s[a/64] &^= 1 << (a % 64)
	}
}

// Intersect keeps what is in both.
func (s *Set) Intersect(other Set) {
	for i := range s {
		s[i] &= other[i]
	}
}
