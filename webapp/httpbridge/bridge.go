package httpbridge

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// Options configure a bridge. A zero field takes the default.
type Options struct {
	// MaxRequests that may be under way, each on a goroutine of its own; others get 503. One whose client has gone is
	// counted until its handler returns. Each may hold its body and a piece of 32 KiB. Default 8.
	MaxRequests int
	// MaxBodyBytes of a request (413). Default 1 MiB.
	MaxBodyBytes int
	// Timeout ends the request's context after a while; the client gets 503 if nothing was sent to it yet, else the
	// connection is cut. Default: none.
	Timeout time.Duration
	// OnError is told of panics in handlers, and of responses shorter than declared; on the loop's goroutine. Default:
	// a line in the server's log, at most one in 5 s.
	OnError func(err error)
}

// bridge is the loop's side of one handler.
type bridge struct {
	loop    *poll.Loop
	handler http.Handler
	options Options
	log     *webapp.LogLimiter // of the server that had the last request
	running int
}

// Handler makes a handler of the app's out of one of net/http's. The request's path and target are those that the
// client sent; http.StripPrefix takes a prefix off.
func Handler(loop *poll.Loop, h http.Handler, o Options) webapp.Handler {
	if o.MaxRequests <= 0 {
		o.MaxRequests = 8
	}
	if o.MaxBodyBytes <= 0 {
		o.MaxBodyBytes = 1 << 20
	}
	b := &bridge{loop: loop, handler: h, options: o}
	return b.serve
}

// Mount gives h every request for prefix and the paths below it, whatever its method, in the order of the app's
// middlewares.
func Mount(app *webapp.App, prefix string, h http.Handler, o Options) {
	serve := Handler(app.Loop(), h, o)
	app.Use(prefix, func(req *webapp.Request, res *webapp.Response, _ webapp.Next) { serve(req, res) })
}

var (
	errBusy    = &webapp.Error{Status: 503, Message: "too many requests are under way"}
	errTimeout = &webapp.Error{Status: 503, Message: "request took too long"}
	errTarget  = &webapp.Error{Status: 400, Message: "malformed request target"}
)

// serve takes a request, and runs it once its body is there.
func (b *bridge) serve(req *webapp.Request, res *webapp.Response) {
	b.log = req.Server().Log()
	if b.running >= b.options.MaxRequests { // before the body is read
		res.Set("Retry-After", "1").Fail(errBusy)
		return
	}
	r, err := convert(req)
	if err != nil {
		res.Fail(errTarget)
		return
	}
	if info := req.EOS(); info != nil {
		r = r.WithContext(context.WithValue(context.Background(), eosKey{}, info))
	}
	if !req.HasBody() {
		b.run(r, res)
		return
	}
	req.Body(b.options.MaxBodyBytes, func(body []byte, err error) {
		switch {
		case err != nil:
			res.Fail(err)
		case b.running >= b.options.MaxRequests:
			res.Set("Retry-After", "1").Fail(errBusy)
		default:
			body = bytes.Clone(body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.TransferEncoding = nil
			b.run(r, res)
		}
	})
}

type eosKey struct{}

// EOS is what the app's middlewares told about the user, as webapp's Request.EOS; nil for nobody.
func EOS(r *http.Request) *eos.Info {
	info, _ := r.Context().Value(eosKey{}).(*eos.Info)
	return info
}

// convert makes net/http's request of ours, with copies of all that it needs.
func convert(req *webapp.Request) (*http.Request, error) {
	target := req.Target()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	r := &http.Request{
		Method: req.Method(), URL: u, RequestURI: target, Host: req.Host(),
		Proto: "HTTP/1." + strconv.Itoa(req.Minor()), ProtoMajor: 1, ProtoMinor: req.Minor(),
		Header: make(http.Header), Body: http.NoBody, RemoteAddr: "@", Close: !req.KeepAlive(),
	}
	if from := req.RemoteAddr(); from.IsValid() { // not a unix socket, for which net/http has "@" too
		r.RemoteAddr = from.String()
	}
	req.EachHeader(func(name, value []byte) bool {
		if key := http.CanonicalHeaderKey(string(name)); key != "Host" && key != "Transfer-Encoding" {
			r.Header[key] = append(r.Header[key], string(value))
		}
		return true
	})
	return r, nil
}

// exchange is one request under way: the loop's side of it. The handler's is its writer.
type exchange struct {
	bridge *bridge
	res    *webapp.Response
	timer  poll.Timer
	cancel context.CancelFunc
	ack    chan struct{} // told that the loop has taken a piece; never blocks
	owed   bool          // an ack, once the client is not behind any more
}

// run starts the handler.
func (b *bridge) run(r *http.Request, res *webapp.Response) {
	ctx, cancel := context.WithCancel(r.Context())
	x := &exchange{bridge: b, res: res, cancel: cancel, ack: make(chan struct{}, 1)}
	w := &writer{x: x, done: ctx.Done(), header: make(http.Header), declared: -1, head: r.Method == "HEAD"}
	res.OnAbort(x)
	res.OnEnd(func(*webapp.Response, webapp.Ending) { x.leave() }) // whoever ended it
	if b.options.Timeout > 0 {
		b.loop.Arm(&x.timer, b.options.Timeout, x)
	}
	b.running++
	start(b, w, r.WithContext(ctx))
}

// OnAbort tells the handler that its client has gone.
func (x *exchange) OnAbort(*webapp.Response) { x.leave() }

// OnDrain tells it to go on.
func (x *exchange) OnDrain(*webapp.Response) {
	if x.owed {
		x.owed = false
		x.ack <- struct{}{}
	}
}

// OnTimer is the end of a request that takes too long.
func (x *exchange) OnTimer(*poll.Timer) {
	if !x.res.Ended() {
		x.res.Set("Connection", "close").Fail(errTimeout)
	}
	x.leave()
}

// leave ends the context; nothing reaches the client any more.
func (x *exchange) leave() {
	x.bridge.loop.Disarm(&x.timer)
	x.cancel()
}

// take sends a piece, on the loop.
func (x *exchange) take(head *head, piece []byte) {
	if x.res.Ended() {
		return
	}
	head.apply(x.res)
	switch st := x.res.Write(piece); {
	case st == poll.Dropped:
		x.leave()
	case st == poll.Pressure && !x.res.Ended():
		x.owed = true
	default:
		x.ack <- struct{}{}
	}
}

// finish is the handler's return, on the loop. The response is whole, or err tells why it is not.
func (x *exchange) finish(w *writer, err error) {
	b := x.bridge
	b.running--
	x.leave()
	switch {
	case err != nil && err != http.ErrAbortHandler:
		b.report(err)
		fallthrough
	case err != nil:
		if w.sent || err == http.ErrAbortHandler {
			x.res.Drop()
		} else {
			x.res.Fail(err)
		}
	case w.sent:
		w.pending.apply(x.res) // of a Flush without a body, if the last one
		x.res.Write(w.buf)
		x.res.End("")
	case w.head && len(w.buf) == 0:
		w.pending.apply(x.res)
		x.res.Write(nil) // the length of what GET would give is not known
		x.res.End("")
	default:
		w.pending.apply(x.res)
		x.res.SendBytes(w.buf)
	}
}

func (b *bridge) report(err error) {
	if b.options.OnError != nil {
		b.options.OnError(err)
		return
	}
	detail := ""
	if p, ok := err.(*PanicError); ok {
		detail = string(p.Stack)
	}
	b.log.Error("httpbridge", err.Error(), detail)
}

// head is status and headers of a response, as the handler left them when it wrote the first byte.
type head struct {
	status int
	header http.Header
}

// notOurs are headers that the app's response has of its own, or that would announce trailers.
var notOurs = []string{"Content-Length", "Transfer-Encoding", "Trailer", "Date"}

// apply sets them once; in the order of their names, so that equal responses are equal on the wire.
func (h *head) apply(res *webapp.Response) {
	if h == nil || h.header == nil {
		return
	}
	res.Status(h.status)
	names := make([]string, 0, len(h.header))
	for name := range h.header {
		if !slices.Contains(notOurs, name) && len(name) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h.header[name] {
			res.Append(name, value)
		}
	}
	h.header = nil
}
