package webapp

// refuse answers what is no request of ours, and closes.
func (c *conn) refuse(e *Error) {
	c.srv.stats.Refused++
	c.srv.log.Warn("http", e.Message, c.pc.RemoteAddr(), c.in)
	c.write(c.srv.appendError(c.pc.Out(), e))
	c.close()
}

// fail ends an exchange whose body cannot be read.
func (c *conn) fail(e *Error) {
	c.srv.stats.Refused++
	c.srv.log.Warn("body", e.Message, c.pc.RemoteAddr(), c.in[:min(len(c.in), quoteBytes)])
	res := c.res
	if res.flags&headSent == 0 {
		c.write(c.srv.appendError(c.pc.Out(), e))
		c.close()
	} else {
		c.abort(nil)
	}
	req, status := c.req, 0
	if res.flags&headSent == 0 {
		status = e.Status
	}
	c.res, c.req = nil, nil
	res.flags |= hasEnded
	c.over(req, res, status, e)
}
