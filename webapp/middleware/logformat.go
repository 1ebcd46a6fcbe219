package middleware

import (
	"strconv"
	"strings"
	"time"

	"github.com/edgesio/edgesio/webapp"
)

// logFormats are morgan's, by their names.
var logFormats = map[string]string{
	"combined": `:remote-addr - :remote-user [:date[clf]] ":method :url HTTP/:http-version" ` +
		`:status :res[content-length] ":referrer" ":user-agent"`,
	"common": `:remote-addr - :remote-user [:date[clf]] ":method :url HTTP/:http-version" :status :res[content-length]`,
	"dev":    `:method :url :status :response-time ms - :res[content-length]`,
	"short": `:remote-addr :remote-user :method :url HTTP/:http-version :status :res[content-length] - ` +
		`:response-time ms`,
	"tiny": `:method :url :status :res[content-length] - :response-time ms`,
}

// logEntry is what a line tells of.
type logEntry struct {
	req   *webapp.Request
	res   *webapp.Response
	end   webapp.Ending
	at    time.Time // when the response ended
	taken int64     // ms
}

// logToken appends its text; what a peer sent goes through appendQuoted.
type logToken func(dst []byte, e *logEntry) []byte

// compileLog makes tokens of a format. An unknown token panics: it is the
// program's mistake.
func compileLog(format string, own map[string]func(*webapp.Request, *webapp.Response) string) (list []logToken) {
	for format != "" {
		i := strings.IndexByte(format, ':')
		if i < 0 {
			i = len(format)
		}
		n := i + 1
		for n < len(format) && (format[n]|0x20 >= 'a' && format[n]|0x20 <= 'z' || format[n] == '-') {
			n++
		}
		if n <= i+1 { // no name: text
			i = min(n, len(format))
			n = i
		}
		if text := format[:i]; text != "" {
			list = append(list, func(dst []byte, _ *logEntry) []byte { return append(dst, text...) })
		}
		if i == n {
			format = format[n:]
			continue
		}
		name, arg := format[i+1:n], ""
		format = format[n:]
		if strings.HasPrefix(format, "[") {
			arg, format, _ = strings.Cut(format[1:], "]")
		}
		t := logTokenOf(name, arg)
		if fn := own[name]; fn != nil {
			t = func(dst []byte, e *logEntry) []byte { return appendQuoted(dst, fn(e.req, e.res)) }
		}
		if t == nil {
			panic("middleware: unknown log token :" + name)
		}
		list = append(list, t)
	}
	return list
}

// logTokenOf is one of morgan's tokens, nil if it has none of that name.
func logTokenOf(name, arg string) logToken {
	switch name {
	case "remote-addr":
		return func(dst []byte, e *logEntry) []byte {
			if a := e.req.IP(); a.IsValid() {
				return a.AppendTo(dst)
			}
			return append(dst, '-') // a unix socket
		}
	case "remote-user":
		return func(dst []byte, e *logEntry) []byte {
			c, _ := CredentialsOf(e.req)
			return appendQuoted(dst, c.User)
		}
	case "method":
		return func(dst []byte, e *logEntry) []byte { return append(dst, e.req.Method()...) }
	case "url":
		return func(dst []byte, e *logEntry) []byte { return appendQuoted(dst, e.req.LogTarget()) }
	case "http-version":
		return func(dst []byte, e *logEntry) []byte { return append(dst, "1."+strconv.Itoa(e.req.Minor())...) }
	case "status":
		return appendStatus
	case "date":
		return dateToken(arg)
	case "response-time", "total-time":
		return func(dst []byte, e *logEntry) []byte { return strconv.AppendInt(dst, e.taken, 10) }
	case "referrer":
		return headerToken("Referer")
	case "user-agent":
		return headerToken("User-Agent")
	case "req":
		return headerToken(arg)
	case "res":
		if strings.EqualFold(arg, "Content-Length") {
			return appendLength
		}
		return func(dst []byte, e *logEntry) []byte { return appendQuoted(dst, e.res.Get(arg)) }
	}
	return nil
}

func headerToken(name string) logToken {
	return func(dst []byte, e *logEntry) []byte { return appendQuoted(dst, e.req.LogHeader(name)) }
}

// appendStatus: a response whose head was never sent has none.
func appendStatus(dst []byte, e *logEntry) []byte {
	if !e.end.Complete && !e.res.HeadersSent() {
		return append(dst, '-')
	}
	return strconv.AppendInt(dst, int64(e.res.StatusCode()), 10)
}

// appendLength is what was sent of the body.
func appendLength(dst []byte, e *logEntry) []byte {
	if e.end.Bytes == 0 {
		return append(dst, '-')
	}
	return strconv.AppendInt(dst, e.end.Bytes, 10)
}

func dateToken(kind string) logToken {
	layout := "Mon, 02 Jan 2006 15:04:05 GMT"
	switch kind {
	case "clf":
		layout = "02/Jan/2006:15:04:05 -0700"
	case "iso":
		layout = "2006-01-02T15:04:05.000Z"
	}
	return func(dst []byte, e *logEntry) []byte { return e.at.UTC().AppendFormat(dst, layout) }
}

// maxQuotedBytes is what a line shows of one thing that a peer sent.
const maxQuotedBytes = 512

// appendQuoted appends what a peer sent so that it can neither end a line, nor a
// quoted string, nor move a terminal's cursor: other bytes than visible ASCII and
// the space, quotes and backslashes come as \x and two digits. Nothing is "-".
func appendQuoted(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, '-')
	}
	const digits = "0123456789abcdef"
	for i := range len(s) {
		if i == maxQuotedBytes {
			return append(dst, "..."...)
		}
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			dst = append(dst, '\\', 'x', digits[c>>4], digits[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
