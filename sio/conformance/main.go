// The conformance program plays the servers with which the conversations of the
// conformance suite were recorded: one suite and variant, on a loopback port.
// It is a test program; nothing imports it.
package main

import (
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

func main() {
	suite := flag.String("suite", "eio", "eio or sio")
	variant := flag.String("variant", "main", "variant of the suite")
	port := flag.Int("port", 0, "port on 127.0.0.1, 0 for a free one")
	flag.Parse()

	loop, err := poll.New(poll.Options{})
	check(err)
	app, err := webapp.Create(loop, "conformance", webapp.Addr{Host: "127.0.0.1", Port: *port})
	check(err)
	f := &fixture{app: app, reasons: map[string]string{}}
	app.Get("/_reason", f.reason)
	app.All("*", func(_ *webapp.Request, res *webapp.Response) { res.Status(404).End("fixture 404") })
	switch *suite {
	case "eio":
		check(f.eio(*variant))
	case "sio":
		check(f.sio(*variant))
	default:
		log.Fatalf("no suite %q", *suite)
	}
	check(app.Start())
	fmt.Printf("listening on http://127.0.0.1:%d\n", app.Port())
	for {
		check(loop.Poll(50 * time.Millisecond))
	}
}

// fixture is the server under test and what it remembers of closed sessions.
type fixture struct {
	app     *webapp.App
	reasons map[string]string
}

// reason tells why a session closed.
func (f *fixture) reason(req *webapp.Request, res *webapp.Response) {
	r, ok := f.reasons[req.Query("sid")]
	if !ok {
		r = "open-or-unknown"
	}
	res.Type("text/plain").End(r)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
