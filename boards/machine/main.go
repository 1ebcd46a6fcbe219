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
	dump := flag.String("dump", "", "`file` for what passes the network, to be read with tcpdump")
	build := flag.Bool("build", false, "build what is booted, and end")
	flag.Parse()
	b, ok := machineNamed(flag.Arg(0))
	if !ok || flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "machine [-memory MB] [-conns N] [-limit TIME] [-build] arm|mips")
		os.Exit(2)
	}
	if err := start(b, *memory, *conns, *limit, *dump, *build); err != nil {
		say("failed: %v", err)
		os.Exit(1)
	}
}

func start(b board, memory, conns int, limit time.Duration, dump string, build bool) error {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	kernels, dir := filepath.Join(here, ".tools", "kernels"), filepath.Join(here, ".build", "machine", b.name)
	if !build {
		return boot(b, imageIn(dir, kernelIn(kernels, b)), memory, limit, dump)
	}
	k, err := fetchKernel(b, kernels)
	if err != nil {
		return err
	}
	return buildImage(b, k, dir, conns)
}

// say writes a line of this program between those of the board.
func say(format string, args ...any) {
	fmt.Printf("machine: "+format+"\n", args...)
}
