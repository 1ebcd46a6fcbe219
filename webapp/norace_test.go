//go:build !race

package webapp

// raceEnabled: the race detector allocates by itself.
const raceEnabled = false
