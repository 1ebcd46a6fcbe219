package metrics

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// The names that dashboards know.
const names = `edgesio_connections edgesio_connections_accepted_total edgesio_connections_refused_total
edgesio_read_bytes_total edgesio_written_bytes_total edgesio_output_bytes edgesio_timers edgesio_loop_turns_total
edgesio_offloaded_total edgesio_offload_refused_total edgesio_http_connections
edgesio_http_requests_total edgesio_http_upload_bytes edgesio_handler_panics_total edgesio_sessions
edgesio_handshakes_total edgesio_handshakes_refused_total edgesio_sockets edgesio_namespaces edgesio_rooms
edgesio_acks_pending edgesio_packets_received_total edgesio_packets_sent_total edgesio_broadcasts_total
edgesio_dropped_total edgesio_disconnects_total edgesio_assembly_bytes edgesio_recovery_sessions
edgesio_recovery_packets edgesio_recovery_bytes edgesio_policy_denials_total edgesio_heap_bytes edgesio_goroutines
process_open_fds process_resident_memory_bytes process_start_time_seconds`

func proc() fstest.MapFS {
	stat := "42 (a (b) c) S " + strings.Repeat("0 ", 18) + "12345 0 0\n"
	return fstest.MapFS{
		"self/fd/0": {}, "self/fd/1": {}, "self/fd/2": {},
		"self/statm": {Data: []byte("500 100 50 1 0 60 0\n")},
		"self/stat":  {Data: []byte(stat)},
		"stat":       {Data: []byte("cpu  1 2 3 4\nintr 5\nbtime 1700000000\nprocesses 9\n")},
	}
}

func TestNamesAndProcess(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Proc: proc(), More: func(t *Text) { t.Counter("mine_total", "a\\b\nc", 7) }})
	head, body := r.scrape("GET")
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || !strings.Contains(head, "\r\nCache-Control: no-store\r\n") ||
		!strings.Contains(head, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n") {
		t.Errorf("head: %s", head)
	}
	all, err := parse(body)
	check(t, err)
	for _, name := range append(strings.Fields(names), "mine_total") {
		if all[name] == nil || len(all[name].samples) == 0 || all[name].help == "" {
			t.Errorf("%s is missing", name)
		}
		delete(all, name)
	}
	for name := range all {
		t.Errorf("%s is not in the list of names", name)
	}
	all, _ = parse(body)
	for name, want := range map[string]float64{"process_open_fds": 3, "process_start_time_seconds": 1700000123.45,
		"process_resident_memory_bytes": 100 * float64(os.Getpagesize())} {
		if got := all[name].samples[name]; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if help := all["mine_total"].help; help != `a\\b\nc` {
		t.Errorf("help: %q", help)
	}
	if head, body := r.scrape("HEAD"); body != "" || !strings.Contains(head, "version=0.0.4") {
		t.Errorf("HEAD: %q %q", head, body)
	}
}

// On the real system, and without one.
func TestProc(t *testing.T) {
	if p := look(fstest.MapFS{}, process{}); p != (process{}) {
		t.Errorf("of nothing: %+v", p)
	}
	for name, text := range map[string]string{"self/statm": "x y", "self/stat": "1 (a) S 2", "stat": "btime x\n"} {
		broken := proc()
		broken[name] = &fstest.MapFile{Data: []byte(text)}
		p := look(broken, process{})
		if p.fds != 3 || p.rss != 0 && name == "self/statm" || p.start != 0 && name != "self/statm" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := look(proc(), process{start: 1700000124}); p.start != 1700000124 {
		t.Errorf("the start moved by a second: %v", p.start)
	}
	if p := look(proc(), process{start: 86400}); p.start != 1700000123.45 {
		t.Errorf("the clock was set, the start is %v", p.start)
	}
	if _, err := os.Stat("/proc/self/statm"); err != nil {
		t.Skip("this system has no /proc")
	}
	f, err := os.Open("/proc/self/stat")
	check(t, err)
	before := look(os.DirFS("/proc"), process{})
	f.Close()
	after := look(os.DirFS("/proc"), before)
	now := float64(time.Now().Unix())
	if before.fds < 4 || after.fds != before.fds-1 || before.rss < 1<<20 || before.start > now+2 ||
		before.start < now-86400 {
		t.Errorf("%+v, then %+v", before, after)
	}
}

// Figures during traffic are those of a model.
func TestTraffic(t *testing.T) {
	r := newRig(t, sio.Options{ConnectionStateRecovery: &sio.ConnectionStateRecovery{}}, Options{Proc: proc()})
	r.io.Of("/chat")
	r.io.On("ask", func(e *sio.Event) { e.Socket().Emit("q", func(error, *sio.Event) {}) })
	r.io.On("join", func(e *sio.Event) { e.Socket().Join(e.String(0)) })
	r.io.On("all", func(e *sio.Event) { r.io.Emit("all", 1) })
	r.io.On("panic", func(*sio.Event) { panic("x") })
	r.io.On("leave", func(e *sio.Event) { e.Socket().Disconnect(false) })

	a, b, old := r.ws(4), r.ws(4), r.ws(3)
	r.polling(4)
	r.polling(3)
	send(a, "40")
	send(a, "40/chat,")
	send(b, "40")
	r.settle()
	send(a, `42["ask"]`)
	send(a, `42["join","red"]`)
	send(b, `42["join","red"]`)
	send(b, `42["join","blue"]`)
	send(b, `451-["x",{"_placeholder":true,"num":0}]`)
	send(a, `42["all"]`)
	r.settle()
	want := map[string]float64{
		"edgesio_connections":                               5,
		"edgesio_http_connections":                          2,
		"edgesio_connections_accepted_total":                5,
		"edgesio_http_requests_total{code=1xx}":             3,
		"edgesio_http_requests_total{code=2xx}":             4, // handshakes, CONNECT, the broadcast
		"edgesio_sessions{transport=websocket,protocol=4}":  2,
		"edgesio_sessions{transport=websocket,protocol=3}":  1,
		"edgesio_sessions{transport=polling,protocol=4}":    1,
		"edgesio_sessions{transport=polling,protocol=3}":    1,
		"edgesio_handshakes_total":                          5,
		"edgesio_sockets{namespace=/}":                      4, // protocol 3 is in the main one by itself
		"edgesio_sockets{namespace=/chat}":                  1,
		"edgesio_namespaces":                                2,
		"edgesio_rooms":                                     2,
		"edgesio_acks_pending":                              1,
		"edgesio_packets_received_total":                    3 + 6,
		"edgesio_packets_sent_total":                        5 + 5 + 1 + 4, // open, CONNECT, q, all
		"edgesio_broadcasts_total":                          1,
		"edgesio_assembly_bytes":                            float64(r.io.Stats().Bytes),
		"edgesio_recovery_packets":                          1, // q asked for an answer: it is not kept
		"edgesio_handler_panics_total{layer=sio}":           0,
		"edgesio_disconnects_total{reason=transport close}": 0,
		"edgesio_timers":                                    float64(r.loop.Stats().Timers),
		"edgesio_read_bytes_total":                          float64(r.loop.Stats().BytesIn),
	}
	r.compare(want)
	if r.io.Stats().Bytes == 0 {
		t.Error("nothing is assembled")
	}

	send(a, `42["panic"]`) // the socket's end, not the connection's
	send(b, "41")
	old.Close()
	r.settle()
	r.compare(map[string]float64{
		"edgesio_handler_panics_total{layer=sio}":                       1,
		"edgesio_disconnects_total{reason=server namespace disconnect}": 1,
		"edgesio_disconnects_total{reason=transport close}":             1,
		"edgesio_sessions{transport=websocket,protocol=3}":              0,
		"edgesio_sockets{namespace=/}":                                  1,
		"edgesio_disconnects_total{reason=forced close}":                1, // text within a binary packet
		"edgesio_sockets{namespace=/chat}":                              1,
		"edgesio_acks_pending":                                          0,
	})
}

func (r *rig) compare(want map[string]float64) {
	r.t.Helper()
	got := map[string]float64{}
	for _, f := range r.families() {
		for key, v := range f.samples {
			got[key] = v
		}
	}
	for key, v := range want {
		if g, ok := got[key]; !ok || g != v {
			r.t.Errorf("%s is %v (%v), want %v", key, g, ok, v)
		}
	}
}

// Clients choose the names of dynamic namespaces: the page does not grow with them, and any name can stand on it.
func TestNamespacesAreBounded(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{MaxNamespaces: 3, Proc: proc()})
	r.io.OfRegexp(regexp.MustCompile(`^/d`))
	p := r.ws(4)
	for _, name := range []string{"/d\\\"", "/d2", "/d3", "/d4", "/d5"} {
		send(p, "40"+name+",")
		r.settle()
	}
	got := r.families()["edgesio_sockets"].samples
	want := map[string]float64{"edgesio_sockets{namespace=/}": 0, "edgesio_sockets{namespace=/d\\\"}": 1,
		"edgesio_sockets{namespace=/d2}": 1, "edgesio_sockets{namespace=(others)}": 3}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for key, v := range want {
		if got[key] != v {
			t.Errorf("%q is %v, want %v", key, got[key], v)
		}
	}
}

func TestHistogram(t *testing.T) {
	var text Text
	text.Family("bad", "gauge", "\xff")
	text.Int(1, "l", "a\xffb", "m", "\\\"\n")
	text.Histogram("h_seconds", "x", []float64{0.001, 0.5}, []uint64{3, 0, 2}, 1.25)
	all, err := parse(string(text.b))
	check(t, err)
	if v := all["bad"].samples["bad{l=a\uFFFDb,m=\\\"\n}"]; v != 1 {
		t.Errorf("%s", text.b)
	}
	s := all["h_seconds"].samples
	if s["h_seconds_bucket{le=0.001}"] != 3 || s["h_seconds_bucket{le=0.5}"] != 3 || s["h_seconds_bucket{le=+Inf}"] != 5 ||
		s["h_seconds_count"] != 5 || s["h_seconds_sum"] != 1.25 {
		t.Errorf("%s", text.b)
	}
}

// A scrape allocates the same few things however many sockets there are: it does not walk them.
func TestScrapeDoesNotGrow(t *testing.T) {
	few, many := crowd(t, 10), crowd(t, 2000)
	page := make([]byte, 0, 32<<10)
	cost := func(r *rig) float64 { return testing.AllocsPerRun(20, func() { page = r.c.Append(page[:0]) }) }
	if a, b := cost(few), cost(many); a != b || a > 8 {
		t.Errorf("%v allocations with 10 sockets, %v with 2000", a, b)
	}
}

func crowd(t testing.TB, n int) *rig {
	r := newRig(t, sio.Options{}, Options{Proc: proc()})
	for i := range n {
		if send(r.ws(4), "40"); i%256 == 0 {
			r.settle() // the listener's backlog is as long as a real one's
		}
	}
	r.settle()
	if got := r.io.Len(); got != n {
		t.Fatalf("%d sockets, want %d", got, n)
	}
	return r
}

func benchmarkScrape(b *testing.B, sockets int) {
	r := crowd(b, sockets)
	page := make([]byte, 0, 32<<10)
	b.ReportAllocs()
	for b.Loop() {
		page = r.c.Append(page[:0])
	}
}

func BenchmarkScrape10(b *testing.B)    { benchmarkScrape(b, 10) }
func BenchmarkScrape10000(b *testing.B) { benchmarkScrape(b, 10000) }
