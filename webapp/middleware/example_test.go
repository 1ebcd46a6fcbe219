package middleware_test

import (
	"fmt"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/middleware"
)

// A typical app: pages of a directory, an API that is limited and takes JSON and
// files, a sign-in that lasts, and a log.
func Example() {
	k := polltest.New(1, polltest.Faults{}) // a program has poll.Options{}
	loop, _ := poll.New(poll.Options{Kernel: k})
	app, _ := webapp.Create(loop, "device", webapp.Addr{Port: 8000})

	log := middleware.NewAccessLogger(middleware.AccessLogOptions{Format: "tiny", Output: os.Stdout})
	app.Use("/", log.Middleware())
	app.Use("/", middleware.Session(middleware.SessionOptions{MaxAge: time.Hour}))
	app.Use("/api/", middleware.RateLimit(middleware.RateLimitOptions{Requests: 50, Window: time.Second}))
	app.Use("/api/", middleware.JSON(middleware.JSONOptions{}))
	app.Use("/api/", middleware.Multipart(middleware.MultipartOptions{MaxFileBytes: 1 << 20}))

	app.Post("/api/login", func(req *webapp.Request, res *webapp.Response) {
		var login struct{ Name, Password string }
		if err := middleware.Decode(req, &login); err != nil {
			res.Fail(err)
			return
		}
		if login.Password != "secret" {
			res.SendStatus(403)
			return
		}
		s := middleware.SessionOf(req)
		s.Regenerate()
		s.Set("name", login.Name)
		res.SendStatus(204)
	})
	app.Post("/api/firmware", func(req *webapp.Request, res *webapp.Response) {
		f := middleware.FormOf(req).File("image")
		switch {
		case middleware.SessionOf(req).Get("name") == nil:
			res.SendStatus(401)
		case f == nil:
			res.Fail(&webapp.Error{Status: 400, Message: "a file is missing"})
		default:
			res.JSON(map[string]any{"name": f.FileName, "bytes": f.Size})
		}
	})
	app.Use("/", middleware.History(middleware.HistoryOptions{}))
	app.Use("/", middleware.Static(fstest.MapFS{"index.html": {Data: []byte("<h1>device</h1>")}}, webapp.StaticOptions{}))
	if err := app.Start(); err != nil {
		fmt.Println(err)
		return
	}

	ask := func(head, body string) string {
		peer := k.Dial("127.0.0.1:8000")
		defer peer.Close()
		peer.WriteString(fmt.Sprintf("%s\r\nHost: device\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
			head, len(body), body))
		k.Run(loop, peer.EOF, time.Minute)
		return string(peer.Read())
	}
	answer := ask("POST /api/login HTTP/1.1\r\nContent-Type: application/json", `{"name":"ada","password":"secret"}`)
	_, cookie, _ := strings.Cut(answer, "Set-Cookie: ")
	cookie, _, _ = strings.Cut(cookie, ";")
	answer = ask("POST /api/firmware HTTP/1.1\r\nCookie: "+cookie+"\r\nContent-Type: multipart/form-data; boundary=b",
		"--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"v2.bin\"\r\n\r\n\x01\x02\x03\r\n--b--\r\n")
	fmt.Println(answer[strings.Index(answer, "{"):])
	ask("POST /api/firmware HTTP/1.1", "")
	ask("GET /settings/network HTTP/1.1\r\nAccept: text/html", "")
	log.Flush()
	loop.Close()
	// Output:
	// {"bytes":3,"name":"v2.bin"}
	// POST /api/login 204 - - 0 ms
	// POST /api/firmware 200 27 - 0 ms
	// POST /api/firmware 401 12 - 0 ms
	// GET /settings/network 200 15 - 0 ms
}
