// Probe does what the wrong build does with instructions that a lesser CPU lacks: floating point, and atomic operations
// on 64 bits. The runtime has done both before it prints its line, and is all that has to be compiled.
package main

import "sync/atomic"

func main() {
	var n atomic.Int64
	n.Add(1 << 40)
	println("alive", float64(n.Load())/2)
}
