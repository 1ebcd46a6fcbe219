// Probe does what the wrong build does with instructions that a lesser CPU lacks: floating point, and atomic operations
// on 64 bits. The runtime has done both before it prints its line.
package main

import (
	"os"
	"strconv"
	"sync/atomic"
)

func main() {
	var n atomic.Int64
	n.Add(int64(len(os.Args)) << 40)
	half := float64(n.Load()) / 2
	_, _ = os.Stdout.WriteString("alive " + strconv.FormatFloat(half, 'g', -1, 64) + "\n")
}
