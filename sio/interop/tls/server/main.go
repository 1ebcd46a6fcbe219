// Server is the sample app over TLS, for the tests beside it: an echo and a page on one port, and on a second one the
// same in plain HTTP. It prints "listening ADDR PLAIN". SIGHUP reads the certificates again, SIGTERM stops it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/tlsconn"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

const page = `<!doctype html><meta charset="utf-8"><title>tls</title>
<link rel="icon" href="data:,"><p id="state">connecting</p>
<script src="/socket.io/socket.io.js"></script>
<script>
const list = new URLSearchParams(location.search).get("transports");
const socket = io(list ? { transports: list.split(",") } : {});
socket.on("connect", () => socket.emit("req", "x", (answer) => {
  document.getElementById("state").textContent = answer;
}));
</script>
`

func main() {
	var certs []poll.Cert
	flag.Func("cert", "NAME,CERT,KEY[,CA[,PASSWD]]; may be given several times", func(s string) error {
		part := append(strings.Split(s, ","), "", "")
		certs = append(certs, poll.Cert{Name: part[0], Cert: part[1], Key: part[2], CA: part[3], Passwd: part[4]})
		return nil
	})
	flag.Parse()
	loop, err := poll.New(poll.Options{})
	check(err)
	secure, err := tlsconn.New(loop, tlsconn.Options{
		Certificates: certs,
		OnFail:       func(c *poll.Conn, err error) { fmt.Println("failed", c.RemoteAddr(), err) },
	})
	check(err)
	safe := serve(loop, webapp.Options{TLS: secure})
	plain := serve(loop, webapp.Options{})
	fmt.Printf("listening 127.0.0.1:%d 127.0.0.1:%d\n", safe.Port(), plain.Port())

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP)
	for {
		check(loop.Poll(50 * time.Millisecond))
		select {
		case s := <-signals:
			if s == syscall.SIGTERM {
				return
			}
			check(loop.Go(func() { fmt.Println("reloaded", secure.Reload()) }, nil))
		default:
		}
	}
}

// serve makes the app.
func serve(loop *poll.Loop, o webapp.Options) *webapp.App {
	app, err := webapp.CreateWith(loop, "tls", webapp.Addr{Host: "127.0.0.1"}, o)
	check(err)
	app.Get("/", func(_ *webapp.Request, res *webapp.Response) { res.Type("text/html; charset=utf-8").End(page) })
	app.Get("/secure", func(req *webapp.Request, res *webapp.Response) { res.End(fmt.Sprint(req.Secure())) })
	app.Get("/large", func(_ *webapp.Request, res *webapp.Response) { res.End(strings.Repeat("0123456789abcdef", 1<<16)) })
	app.Post("/length", func(req *webapp.Request, res *webapp.Response) {
		req.Body(16<<20, func(body []byte, err error) { res.End(fmt.Sprint(len(body), err)) })
	})
	io, err := sio.New(app, sio.Options{})
	check(err)
	io.OnConnection(func(s *sio.Socket) {
		s.On("req", func(e *sio.Event) { e.Ack("hello world over " + s.Conn().Transport()) })
		s.On("echo", func(e *sio.Event) { e.Ack(e.Args()...) })
	})
	check(app.Start())
	return app
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
