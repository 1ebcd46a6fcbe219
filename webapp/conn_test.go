package webapp

import (
	"strconv"
	"strings"
	"testing"
)

func TestKeepAliveAndPipelining(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/n/:n", func(req *Request, res *Response) { res.End("answer " + req.Param("n")) })
		app.All("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	c := r.dial()
	for range 3 {
		c.send(get("/"))
		c.want(200, "hello")
	}
	var all strings.Builder
	for i := range 1000 {
		all.WriteString(get("/n/" + strconv.Itoa(i)))
	}
	c.send(all.String())
	for i := range 1000 {
		c.want(200, "answer "+strconv.Itoa(i))
	}
	c.send("GET / HTTP/1.0\r\n\r\n")
	c.want(200, "hello")
	c.closed()
}
