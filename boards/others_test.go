package boards

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// text is a file of the repository.
func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	check(t, err)
	return string(b)
}

// number reads an expression of Go that is a number, such as 256<<10.
func number(t *testing.T, expression string) int64 {
	t.Helper()
	value, shift, _ := strings.Cut(strings.ReplaceAll(expression, " ", ""), "<<")
	n, err := strconv.ParseFloat(value, 64) // 1e6
	check(t, err)
	by := 0
	if shift != "" {
		by, err = strconv.Atoi(shift)
		check(t, err)
	}
	return int64(n) << by
}

// The budget says of other packages what they say themselves.
func TestConstantsOfOthers(t *testing.T) {
	read := int64(limits2048.ReadBuffer)
	most := limits2048 // with the defaults of the packages
	payload := int64(most.MaxPayload)
	for _, c := range []struct {
		path, pattern string
		holds         func(n int64) bool
	}{
		{"limits.txt", `poll\.Options\.SpareBytes \| (\S+) `, func(n int64) bool { return n <= loopBytes }},
		{"limits.txt", `tlsconn\.Options\.MaxHandshakes \| (\S+) `, func(n int64) bool { return n == tlsHandshakes }},
		{"limits.txt", `eio\.Options\.MaxHTTPBufferSize \| (\S+) `, func(n int64) bool { return n == payload }},
		{"limits.txt", `poll\.Options\.ReadBufferBytes \| (\S+) `, func(n int64) bool { return n == read }},
		{"limits.txt", `poll\.Limits\.SoftBytes \| (\S+) `, func(n int64) bool { return n == int64(most.SoftOutput) }},
		{"limits.txt", `poll\.Limits\.HardBytes \| (\S+) `, func(n int64) bool { return n == int64(most.HardOutput) }},
		{"gateway/gateway.go", `maxLost, maxMissedBytes = (\d+),`, func(n int64) bool { return n == lostSessions }},
		{"gateway/gateway.go", `maxLost, maxMissedBytes = \d+, (.+)`, func(n int64) bool { return n == recoveryLog }},
		{"../sio/memory_test.go", `idleBytes += (\d+)`, func(n int64) bool { return n <= sizes64.session }},
		{"../eio/memory_test.go", `idlePollingBytes += (\d+)`, func(n int64) bool { return n <= sizes64.session }},
		{"../poll/tlsconn/memory_test.go", `maxIdleBytes += (.+)`, func(n int64) bool { return n == sizes64.tls }},
	} {
		found := regexp.MustCompile(c.pattern).FindStringSubmatch(text(t, c.path))
		if found == nil {
			t.Errorf("%s has no %s", c.path, c.pattern)
		} else if !c.holds(number(t, found[1])) {
			t.Errorf("%s: %s is not what the budget counts on", c.path, found[0])
		}
	}
}

// A program is as large as its file at most, and that has a ceiling.
func TestConstantOfProgram(t *testing.T) {
	b, err := os.ReadFile("sizes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		name, rest, _ := strings.Cut(line, "|")
		p, is := ByName(strings.TrimSpace(name))
		if !is {
			continue
		}
		ceiling, _, _ := strings.Cut(rest, "|")
		if n := number(t, ceiling); n > p.Build.sizes().program {
			t.Errorf("%s: a program may have %d bytes, and the budget %d for it", p.Name, n, p.Build.sizes().program)
		}
	}
}
