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
	req, res, status := c.req, c.res, 0
	if res.flags&headSent == 0 {
		status, res.status = e.Status, uint16(e.Status)
		c.write(c.srv.appendError(c.pc.Out(), e))
		c.close()
		res.count(int64(len(e.Message)))
		res.flags |= headSent
	} else {
		c.abort(nil)
	}
	c.res, c.req = nil, nil
	res.flags |= hasEnded
	c.over(req, res, status, e)
}
