package v06

import (
	"github.com/edgesio/edgesio/eio/internal/jstext"
	"github.com/edgesio/edgesio/webapp"
)

// xhr-polling and jsonp-polling: a GET stands until there is something to send,
// or for Options.Duration; messages wait from one GET to the next. The POSTs
// here are those of htmlfile and xhr-multipart, too.

// answer ends the standing poll with what waits, which may be nothing.
func (c *Client) answer() {
	c.respond()
	c.lost()
}

// respond sends the queue as the body of the standing poll.
func (c *Client) respond() {
	res := c.res
	c.res = nil
	if c.transport == xhrPolling {
		res.Type("text/plain; charset=UTF-8").SendBytes(c.queue)
	} else {
		l := c.listener
		b := append(append(append(l.out[:0], "io.JSONP["...), c.index...), `]._("`...)
		b = append(jstext.AppendString(b, c.queue), `");`...)
		res.Type("text/javascript; charset=UTF-8").SendBytes(b)
		l.giveOut(b)
	}
	c.emptied()
}

// OnBody takes a POST: a form whose field data is a batch.
func (c *Client) OnBody(_ *webapp.Request, res *webapp.Response, body []byte, err error) {
	switch {
	case err == webapp.ErrAborted:
		return
	case err != nil:
		res.Fail(err)
		return
	case c.state == clientClosed:
		unknown(res)
		return
	}
	batch, ok := jstext.FormValue(body, "data")
	if ok && c.transport == jsonpPolling {
		batch = unfold(batch)
	}
	if !ok {
		c.malformed(body)
	} else {
		ok = c.receive(batch)
	}
	if res.Type("text/plain"); ok {
		res.End("ok")
	} else {
		res.Status(400).End("malformed message")
	}
}
