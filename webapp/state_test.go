package webapp

import (
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// TestConnStates tries every pair: what the table does not name panics.
func TestConnStates(t *testing.T) {
	const n = len(follows)
	want := map[string]string{
		"idle": "head serving held closing switched closed", "head": "serving closing switched closed",
		"serving": "idle body drain held closing switched closed", "body": "idle serving drain held closing closed",
		"drain": "idle closing closed", "held": "idle drain closing closed", "closing": "closed",
	}
	for from := range connState(n) {
		var may []string
		for to := range connState(n) {
			func() {
				defer func() { recover() }()
				c := &conn{state: from}
				c.setState(to)
				may = append(may, to.String())
			}()
		}
		if got := strings.Join(may, " "); got != want[from.String()] {
			t.Errorf("%v -> %s, want %s", from, got, want[from.String()])
		}
	}
}

// TestChunkStates does the same for the chunked body.
func TestChunkStates(t *testing.T) {
	want := []string{"data trailer", "end", "size", "done", ""}
	for from := chunkSize; from <= chunkDone; from++ {
		var may []string
		for to := chunkSize; to <= chunkDone; to++ {
			func() {
				defer func() { recover() }()
				d := chunked{state: from}
				d.setState(to)
				may = append(may, to.String())
			}()
		}
		if got := strings.Join(may, " "); got != want[from] {
			t.Errorf("%v -> %q, want %q", from, got, want[from])
		}
	}
}

// TestParkedBytes bounds what a parked exchange holds besides poll.Conn: the
// sizes, and what the heap says about a thousand of them.
func TestParkedBytes(t *testing.T) {
	size := unsafe.Sizeof(conn{}) + unsafe.Sizeof(Response{})
	t.Logf("conn %d + Response %d bytes", unsafe.Sizeof(conn{}), unsafe.Sizeof(Response{}))
	if size > 350 {
		t.Errorf("a parked exchange takes %d bytes", size)
	}
	const many = 1000
	s := NewServer(must(poll.New(poll.Options{Kernel: polltest.New(1, polltest.Faults{})})), Options{})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for range many {
		c := s.Accept(nil).(*conn)
		c.due = 0
		c.state = connServing
		c.res = s.takeResponse()
	}
	if per := int64(heap()-before) / many; per > 400 {
		t.Errorf("%d bytes each", per)
	} else {
		t.Logf("%d bytes each with size classes and the timer heap", per)
	}
	runtime.KeepAlive(s)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
