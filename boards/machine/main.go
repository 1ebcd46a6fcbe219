//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	memory := flag.Int("memory", 64, "of the board, `MB`")
	conns := flag.Int("conns", 1500, "most connections of the gateway")
	limit := flag.Duration("limit", 10*time.Minute, "`time` after which the board is switched off")
	only := flag.Bool("build", false, "build what it boots, and end")
	flag.Parse()
	b, ok := machineNamed(flag.Arg(0))
	if !ok || flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "machine [-memory MB] [-conns N] [-limit TIME] [-build] arm|mips")
		os.Exit(2)
	}
	if err := start(b, *memory, *conns, *limit, *only); err != nil {
		say("failed: %v", err)
		os.Exit(1)
	}
}

func start(b board, memory, conns int, limit time.Duration, only bool) error {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	k, err := fetchKernel(b, filepath.Join(here, ".tools", "kernels"))
	if err != nil {
		return err
	}
	i, err := buildImage(b, k, filepath.Join(here, ".build", "machine", b.name), conns)
	if err != nil || only {
		return err
	}
	return boot(b, i, memory, limit)
}

// say writes a line of this program between those of the board.
func say(format string, args ...any) {
	fmt.Printf("machine: "+format+"\n", args...)
}
