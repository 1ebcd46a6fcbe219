package webapp

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// A PanicError is what OnError is told of a panic in a handler.
type PanicError struct {
	Value  any
	Stack  []byte
	Method string
	Path   string
}

// Error tells the value and the request; the stack is apart.
func (p *PanicError) Error() string {
	var b strings.Builder
	b.WriteString("webapp: panic in ")
	b.WriteString(p.Method)
	b.WriteByte(' ')
	b.WriteString(Quote([]byte(p.Path)))
	switch v := p.Value.(type) {
	case error:
		b.WriteString(": " + v.Error())
	case string:
		b.WriteString(": " + v)
	}
	return b.String()
}

// guard calls an application's function. A panic ends the exchange, not the
// process.
func (s *Server) guard(req *Request, res *Response, call func()) {
	done := false
	defer func() {
		if done {
			return
		}
		v := recover()
		if v == nil { // Goexit
			return
		}
		s.stats.Panics++
		p := &PanicError{Value: v, Stack: debug.Stack()}
		if req != nil && req.c != nil {
			p.Method, p.Path = req.head.method, req.path()
		}
		s.cause = Final{Reason: p.Error(), Stack: p.Stack}
		if res.flags&(isSending|hasEnded) == isSending {
			res.drop()
		}
		res.Fail(&Error{500, StatusText(500)})
		s.cause = Final{}
		s.report(p)
	}()
	call()
	done = true
}

// report hands an error to OnError, or to the log.
func (s *Server) report(err error) {
	var stack []byte
	if p, ok := err.(*PanicError); ok {
		stack = p.Stack
	}
	s.Report(err, stack)
}

// Report is for what is built on the server: it hands an error of the program's
// code to OnError, or, with the stack if there is one, to the log. One that OnError
// panics on is logged, too.
func (s *Server) Report(err error, stack []byte) {
	defer func() {
		if v := recover(); v != nil {
			s.log.Error("OnError", "webapp: OnError panics", fmt.Sprint(v, " on ", err, "\n", string(debug.Stack())))
		}
	}()
	if s.options.OnError != nil {
		s.options.OnError(err)
		return
	}
	detail := err.Error()
	if stack != nil {
		detail += "\n" + string(stack)
	}
	s.log.Error("handler", "webapp: error in a handler", detail)
}
