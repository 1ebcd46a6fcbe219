package webapp

import (
	"log/slog"
	"net/netip"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// complainEvery is the time in ms between two lines of one class.
const complainEvery = 5000

// A LogLimiter writes at most one line per class and 5 s, however many peers
// misbehave: the line tells how many it stands for. Loop's goroutine only.
type LogLimiter struct {
	loop   *poll.Loop
	logger *slog.Logger
	told   map[string]complaint
	hidden []string
}

type complaint struct {
	at    int64 // ms
	quiet int   // not told since
}

// NewLogLimiter makes a limiter that writes to logger, nil for slog.Default().
func NewLogLimiter(loop *poll.Loop, logger *slog.Logger) *LogLimiter {
	return &LogLimiter{loop: loop, logger: logger, told: make(map[string]complaint)}
}

// Warn writes a warning unless one of its class was written in the last 5 s.
// class and message are constants of the program, what the peer sent stands in
// bytes, which is escaped and cut; it is valid until the callback returns. The zero
// AddrPort is a peer without an address, nil bytes are none.
func (l *LogLimiter) Warn(class, message string, peer netip.AddrPort, bytes []byte) {
	quiet, ok := l.allow(class)
	if !ok {
		return
	}
	args := []any{"class", class}
	if peer.IsValid() {
		args = append(args, "peer", peer.String())
	}
	if bytes != nil {
		args = append(args, "bytes", Quote(redact(bytes, l.hidden)))
	}
	l.out().Warn(message, append(args, "unreported", quiet)...)
}

// Error writes an error of the program itself likewise; detail is written whole.
func (l *LogLimiter) Error(class, message, detail string) {
	if quiet, ok := l.allow(class); ok {
		l.out().Error(message, "class", class, "detail", detail, "unreported", quiet)
	}
}

// slow names handlers that kept the loop, class "slow": those that ran last, or with
// their times those that took longest. It is the loop's Options.OnSlowTurn unless the
// program has one.
func (l *LogLimiter) slow(t poll.SlowTurn) {
	quiet, ok := l.allow("slow")
	if !ok {
		return
	}
	var names []string
	for i, label := range t.Labels {
		if len(t.Times) > 0 {
			label += " " + t.Times[i].Round(time.Millisecond).String()
		}
		names = append(names, label)
	}
	l.out().Warn("slow handler", "class", "slow", "duration", t.Duration.Round(time.Millisecond), "handlers", names,
		"unreported", quiet)
}

// allow tells whether a line of the class may be written, and how many were not.
func (l *LogLimiter) allow(class string) (quiet int, ok bool) {
	c, known := l.told[class]
	if known && l.loop.Now()-c.at < complainEvery {
		c.quiet++
		l.told[class] = c
		return 0, false
	}
	l.told[class] = complaint{at: l.loop.Now()}
	return c.quiet, true
}

func (l *LogLimiter) out() *slog.Logger {
	if l.logger != nil {
		return l.logger
	}
	return slog.Default()
}

// quoteBytes is how much of a peer's bytes a log line shows.
const quoteBytes = 64

// Quote makes a peer's bytes fit for a log line: escaped as a Go string without
// its quotes, ASCII only, and cut to the first 64 bytes.
func Quote(b []byte) string {
	cut := b[:min(len(b), quoteBytes)]
	q := strconv.AppendQuoteToASCII(make([]byte, 0, 2*len(cut)+8), string(cut))
	q = q[1 : len(q)-1]
	if len(cut) < len(b) {
		q = append(q, "..."...)
	}
	return string(q)
}
