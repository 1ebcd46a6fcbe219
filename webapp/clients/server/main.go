// Server is what the tests of package clients drive curl and its kin against: the
// files of a directory, and a greeting. It ends when its standard input does.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

func main() {
	root := flag.String("root", ".", "the directory that is served below /files")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(root string) error {
	files, err := webapp.Dir(root)
	if err != nil {
		return err
	}
	loop, err := poll.New(poll.Options{})
	if err != nil {
		return err
	}
	// wrk and ab ask from one address, as no user does.
	app, err := webapp.CreateWith(loop, "clients", webapp.Addr{Host: "127.0.0.1"}, webapp.Options{Root: files, Rate: -1})
	if err != nil {
		return err
	}
	app.Get("/hello", func(_ *webapp.Request, res *webapp.Response) { res.End("hello") })
	app.Get("/save", func(_ *webapp.Request, res *webapp.Response) { res.Download("text.txt", "saved.txt") })
	app.Use("/files", webapp.Static(files, webapp.StaticOptions{GzipBytes: 64 << 10}))
	if err := app.Start(); err != nil {
		return err
	}
	fmt.Printf("127.0.0.1:%d\n", app.Port())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return loop.Run(context.Background())
}
