//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

const usage = `bench measures Socket.IO servers on this machine.

  bench run    the scenarios against our server: table, JSON and plots in a folder
  bench peers  ours, the references and the peers in one run; writes RESULTS.md
  bench serve  the server of the bench
  bench load   the load of one scenario against a server on 127.0.0.0/8
  bench stalled  what clients cost that do not read, and whether they delay others
  bench self   what the load generator itself can do

bench COMMAND -h shows the flags.
`

func main() {
	commands := map[string]func([]string) error{
		"run": runCommand, "peers": peersCommand, "serve": serve, "load": load, "self": selfCommand,
		"stalled": stalledMain,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	err := commands[os.Args[1]](os.Args[2:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
