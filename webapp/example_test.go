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
