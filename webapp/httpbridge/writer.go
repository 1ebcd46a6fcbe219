package httpbridge

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
)

// pieceBytes is what a handler may write before the loop is asked to take it.
const pieceBytes = 32 << 10

// ErrGone is what Write returns once the client has gone, or the request's time is over.
var ErrGone = errors.New("httpbridge: client has gone")

// A PanicError is what OnError is told of a panic in a handler.
type PanicError struct {
	Value any
	Stack []byte
}

// Error tells the value; the stack is apart.
func (p *PanicError) Error() string {
	return fmt.Sprintf("httpbridge: panic in a handler: %v", p.Value)
}

// writer is the handler's side of an exchange: its http.ResponseWriter and http.Flusher. It belongs to the handler's
// goroutine, which hands a piece to the loop and then waits until that has taken it: so one buffer is enough.
type writer struct {
	x        *exchange
	done     <-chan struct{} // of the request's context
	header   http.Header
	pending  *head  // fixed by WriteHeader; applied with the first piece
	buf      []byte // at most pieceBytes
	declared int64  // Content-Length, -1 if there is none
	written  int64
	head     bool // the request is HEAD: what is written is only counted
	sent     bool // a piece was sent
}

// start runs the handler on a goroutine; when it returns the loop finishes the response.
func start(b *bridge, w *writer, r *http.Request) {
	go func() {
		err := http.ErrAbortHandler // it left by runtime.Goexit
		defer func() {
			_ = b.loop.Post(func() { w.x.finish(w, err) }) // a closed loop has no clients
		}()
		err = w.run(b.handler, r)
	}()
}

// run calls the handler and tells what became of it.
func (w *writer) run(h http.Handler, r *http.Request) (err error) {
	defer func() {
		switch v := recover(); {
		case v == http.ErrAbortHandler:
			err = http.ErrAbortHandler
		case v != nil:
			err = &PanicError{v, debug.Stack()}
		}
	}()
	h.ServeHTTP(w, r)
	if w.pending == nil {
		w.WriteHeader(200)
	}
	if w.declared >= 0 && w.written != w.declared && !w.head && bodied(w.pending.status) && !w.gone() {
		return fmt.Errorf("httpbridge: handler wrote %d of %d bytes", w.written, w.declared)
	}
	return nil
}

func (w *writer) gone() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// Header is the header map that WriteHeader, or the first Write, sends.
func (w *writer) Header() http.Header { return w.header }

// WriteHeader fixes status and headers. Informational responses are not sent.
func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic("httpbridge: status " + strconv.Itoa(status))
	}
	if w.pending != nil || status < 200 {
		return
	}
	h := w.header.Clone()
	if h == nil {
		h = make(http.Header)
	}
	for name := range h {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			delete(h, name)
		}
	}
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		w.declared = n
	}
	w.pending = &head{status, h}
}

func bodied(status int) bool { return status != 204 && status != 304 }

// Write queues a part of the body, which is copied. It blocks while the client is behind.
func (w *writer) Write(p []byte) (n int, err error) {
	if w.pending == nil {
		if _, set := w.header["Content-Type"]; !set && len(p) > 0 {
			w.header.Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(200)
	}
	if !bodied(w.pending.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if w.declared >= 0 && w.written+int64(len(p)) > w.declared {
		return 0, http.ErrContentLength
	}
	for len(p) > 0 {
		if w.gone() {
			return n, ErrGone
		}
		if w.buf == nil {
			w.buf = make([]byte, 0, min(pieceBytes, max(2*len(p), 512)))
		}
		k := min(len(p), pieceBytes-len(w.buf))
		w.buf = append(w.buf, p[:k]...)
		p, n, w.written = p[k:], n+k, w.written+int64(k)
		if len(w.buf) == pieceBytes {
			if err := w.FlushError(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// Flush sends what was written so far.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError is Flush for http.ResponseController.
func (w *writer) FlushError() error {
	if w.pending == nil {
		w.WriteHeader(200)
	}
	if w.gone() {
		return ErrGone
	}
	x, h, piece := w.x, w.pending, w.buf
	if err := x.bridge.loop.Post(func() { x.take(h, piece) }); err != nil {
		return err
	}
	w.sent = true
	select {
	case <-x.ack:
		w.buf = w.buf[:0]
		return nil
	case <-w.done:
		w.buf = nil // the loop may still look at it
		return ErrGone
	}
}
