package middleware

import (
	"bytes"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// AccessLogOptions say what is logged, and where to. The zero value is ready to
// use.
type AccessLogOptions struct {
	// Format is "combined", "common", "dev", "short", "tiny", or a text with tokens
	// such as ":method :url :status :res[content-type] :req[host]". Default "common".
	// Token and srand of webapp.EOSOptions come as ***, in :url and :req too.
	Format string
	// Tokens are the app's own, by their names without the colon.
	Tokens map[string]func(req *webapp.Request, res *webapp.Response) string
	// Output gets whole lines, several at once, on another goroutine, one call after
	// the other. Default: Logger.
	Output io.Writer
	// Logger gets each line as a message at level Info, likewise. Default
	// slog.Default().
	Logger *slog.Logger
	// FlushAfter is how long a line may wait for others. Default 1 s.
	FlushAfter time.Duration
	// MaxBufferBytes of lines wait while the output is slow; those above are
	// dropped and counted in a line of their own. Default 256 KiB.
	MaxBufferBytes int
	// Skip leaves a request out, when its response has ended.
	Skip func(req *webapp.Request, res *webapp.Response) bool
}

// An AccessLogger writes a line for each response when it has ended. Lines gather
// in memory and are written off the loop, so that a slow disk or a pipe that
// nobody reads stops the log and not the server.
type AccessLogger struct {
	o       AccessLogOptions
	tokens  []logToken
	loop    *poll.Loop // of the first request
	buf     []byte     // lines that wait
	spare   []byte     // the buffer that was written last
	writing bool
	dropped int
	timer   poll.Timer
}

// AccessLog is the middleware of a new AccessLogger. A program that wants the last
// second's lines when it ends keeps the AccessLogger, and calls Flush.
func AccessLog(o AccessLogOptions) webapp.Middleware { return NewAccessLogger(o).Middleware() }

// NewAccessLogger makes a logger. An unknown token in the format panics.
func NewAccessLogger(o AccessLogOptions) *AccessLogger {
	set(&o.Format, "common")
	set(&o.FlushAfter, time.Second)
	set(&o.MaxBufferBytes, 256<<10)
	format := o.Format
	if f, ok := logFormats[format]; ok {
		format = f
	}
	return &AccessLogger{o: o, tokens: compileLog(format, o.Tokens)}
}

// Middleware logs the requests that it sees; those that a protocol takes off before
// the router (Server.Handle) it does not. They are kept until their responses have
// ended, which copies their heads.
func (l *AccessLogger) Middleware() webapp.Middleware {
	return webapp.Member(eos.MiddlewareMorgan, func(req *webapp.Request, res *webapp.Response, next webapp.Next) {
		if l.loop == nil {
			l.loop = req.Server().Loop()
		}
		req.Keep()
		began := l.loop.Now()
		res.OnEnd(func(res *webapp.Response, end webapp.Ending) {
			if l.o.Skip != nil && l.o.Skip(req, res) {
				return
			}
			l.log(&logEntry{req: req, res: res, end: end, at: l.loop.Time(), taken: l.loop.Now() - began})
		})
		next(nil)
	})
}

// log appends a line.
func (l *AccessLogger) log(e *logEntry) {
	before := len(l.buf)
	for _, t := range l.tokens {
		l.buf = t(l.buf, e)
	}
	l.buf = append(l.buf, '\n')
	if len(l.buf) > l.o.MaxBufferBytes {
		l.buf = l.buf[:before]
		l.dropped++
	}
	if !l.timer.Armed() && !l.writing {
		l.loop.Arm(&l.timer, l.o.FlushAfter, l)
	}
}

// OnTimer hands what waits to the output.
func (l *AccessLogger) OnTimer(*poll.Timer) {
	if l.writing || len(l.buf) == 0 && l.dropped == 0 {
		return
	}
	lines := l.take()
	err := l.loop.Try(func() error { l.write(lines); return nil }, func(error) {
		l.writing = false
		if cap(lines) <= 64<<10 {
			l.spare = lines[:0]
		}
		l.OnTimer(nil)
	})
	if l.writing = err == nil; err != nil { // too much work waits already
		l.buf = append(lines, l.buf...)
		l.loop.Arm(&l.timer, l.o.FlushAfter, l)
	}
}

// take takes the lines that wait, and says how many are missing.
func (l *AccessLogger) take() []byte {
	lines := l.buf
	l.buf, l.spare = l.spare, nil
	if l.dropped > 0 {
		lines = append(lines, "... "+strconv.Itoa(l.dropped)+" lines were dropped: the output is slow\n"...)
		l.dropped = 0
	}
	return lines
}

// Flush writes what waits, and blocks until it is written: for a program's end,
// after the loop's.
func (l *AccessLogger) Flush() {
	if l.loop != nil {
		l.loop.Disarm(&l.timer)
		l.write(l.take())
	}
}

// write runs off the loop. A failed write has nobody to tell.
func (l *AccessLogger) write(lines []byte) {
	if len(lines) == 0 {
		return
	}
	if l.o.Output != nil {
		_, _ = l.o.Output.Write(lines)
		return
	}
	logger := l.o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	for line := range bytes.Lines(lines) {
		logger.Info(string(bytes.TrimSuffix(line, []byte{'\n'})))
	}
}
