package webapp_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
)

// waiters answers all polls that stand when there is news.
type waiters map[*webapp.Response]bool

func (w waiters) OnAbort(res *webapp.Response) { delete(w, res) }

func (w waiters) news(text string) {
	for res := range w {
		delete(w, res)
		res.End(text)
	}
}

// A handler may return without an answer and give it in a later turn.
func Example_longPolling() {
	k := polltest.New(1, polltest.Faults{})
	loop, _ := poll.New(poll.Options{Kernel: k})
	app, _ := webapp.Create(loop, "news", webapp.Addr{Port: 8000})
	w := waiters{}
	app.Get("/news", func(_ *webapp.Request, res *webapp.Response) {
		res.OnAbort(w)
		w[res] = true
	})
	loop.After(time.Second, func() { w.news("it is one o'clock") })
	if err := app.Start(); err != nil {
		fmt.Println(err)
		return
	}
	peer := k.Dial("127.0.0.1:8000")
	peer.WriteString("GET /news HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n")
	k.Run(loop, peer.EOF, time.Minute)
	fmt.Println(strings.ReplaceAll(string(peer.Read()), "\r", ""))
	loop.Close()
	// Output:
	// HTTP/1.1 200 OK
	// Date: Thu, 01 Jan 2026 00:00:01 GMT
	// Content-Type: text/plain; charset=utf-8
	// Content-Length: 17
	// Connection: close
	//
	// it is one o'clock
}

// A route may have a chain of its own; names may be bound; a view of the answer
// is chosen by what the peer accepts.
func Example_routes() {
	k := polltest.New(1, polltest.Faults{})
	loop, _ := poll.New(poll.Options{Kernel: k})
	app, _ := webapp.Create(loop, "valves", webapp.Addr{Port: 8000})
	app.Set("json spaces", 1)
	app.Param("id", func(req *webapp.Request, _ *webapp.Response, next webapp.Next, id string) {
		if id == "13" {
			next(&webapp.Error{Status: 404, Message: "there is no valve 13"})
			return
		}
		req.SetValue("valve", map[string]string{"id": id, "state": "open"})
		next(nil)
	})
	app.Route(`/valve/:id(\d+)`).Get(func(req *webapp.Request, res *webapp.Response) {
		res.Format(
			webapp.Offer{Type: "text", Handle: func() { res.End("valve " + req.Param("id")) }},
			webapp.Offer{Type: "json", Handle: func() { res.JSON(req.Value("valve")) }})
	})
	app.OnFinal(func(req *webapp.Request, _ *webapp.Response, f webapp.Final) {
		fmt.Printf("%s %s %d %q\n", req.Method(), req.Path(), f.Status, f.Reason)
	})
	if err := app.Start(); err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/valve/7", "/valve/13", "/valve/x"} {
		peer := k.Dial("127.0.0.1:8000")
		peer.WriteString("GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nConnection: close\r\n\r\n")
		k.Run(loop, peer.EOF, time.Minute)
		_, body, _ := strings.Cut(string(peer.Read()), "\r\n\r\n")
		fmt.Println(body)
	}
	loop.Close()
	// Output:
	// GET /valve/7 200 ""
	// {
	//  "id": "7",
	//  "state": "open"
	// }
	// GET /valve/13 404 "there is no valve 13"
	// there is no valve 13
	// GET /valve/x 404 "Cannot GET /valve/x"
	// Cannot GET /valve/x
}
