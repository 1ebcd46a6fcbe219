package poll_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"golang.org/x/sys/unix"
)

// tempFile is a file of that content, opened for reading.
func tempFile(t *testing.T, b []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return reopen(t, path)
}

func reopen(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func isClosed(f *os.File) bool {
	_, err := f.Stat()
	return errors.Is(err, os.ErrClosed)
}

func wantClosed(t *testing.T, f *os.File) {
	t.Helper()
	if !isClosed(f) {
		t.Error("the file is open")
	}
}

// Bytes, shared slices and parts of files go out in the order of the calls, through
// every fault, with the kernel's help and without; each file is closed.
func TestFilesKeepTheOrder(t *testing.T) {
	path := tempFile(t, pattern(300_000)).Name()
	content := pattern(300_000)
	polltest.Seeds(t, 300, func(t *testing.T, seed uint64) {
		r := newRig(t, seed, polltest.Faults{ShortRead: .3, ShortWrite: .3, EAGAIN: .1, EINTR: .1}, poll.ListenOptions{})
		r.k.SendBytes = 1 + r.k.IntN(100_000)
		r.k.NoSendFile = r.k.Coin(.3)
		p, s := r.pair()
		var want, got []byte
		var files []*os.File
		for range 2 + r.k.IntN(12) {
			switch n := r.k.IntN(30_000); r.k.IntN(4) {
			case 0:
				s.c.Write(content[:n])
				want = append(want, content[:n]...)
			case 1:
				s.c.WriteShared(content[n : n+5000])
				want = append(want, content[n:n+5000]...)
			default:
				if len(files) == 0 || isClosed(files[len(files)-1]) || r.k.Coin(.5) {
					files = append(files, reopen(t, path))
				}
				size := r.k.IntN(200_000)
				if st := s.c.SendFile(files[len(files)-1], int64(n), int64(size)); st != poll.Pressure {
					t.Fatal(st)
				}
				want = append(want, content[n:n+size]...)
			}
			if r.k.Coin(.3) {
				r.poll()
				got = append(got, p.Take(r.k.IntN(50_000))...)
			}
		}
		r.until("everything", func() bool {
			got = append(got, p.Read()...)
			return len(got) >= len(want) && s.c.Buffered() == 0
		})
		r.poll()
		same(t, "output", got, want)
		for _, f := range files {
			wantClosed(t, f)
		}
		if len(files) > 0 && s.drains == 0 {
			t.Error("no OnDrain")
		}
		r.end()
	})
}

// Whatever ends a connection closes the file that was on its way.
func TestFileIsClosedWithItsConnection(t *testing.T) {
	for _, v := range []struct {
		name string
		do   func(r *rig, p *polltest.Peer, s *side)
		err  error
	}{
		{"Abort", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Abort(errGone) }, errGone},
		{"RST", func(_ *rig, p *polltest.Peer, _ *side) { p.Reset() }, errReset},
		{"a peer that stalls", func(r *rig, _ *polltest.Peer, _ *side) { r.k.Sleep(r.l, time.Minute) }, poll.ErrSlow},
		{"Close and a peer that stalls", func(r *rig, _ *polltest.Peer, s *side) {
			s.c.Close()
			r.k.Sleep(r.l, time.Minute)
		}, nil},
		{"the loop", func(r *rig, _ *polltest.Peer, _ *side) { r.l.Close() }, poll.ErrClosed},
	} {
		for _, pieces := range []bool{false, true} {
			r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
			r.k.NoSendFile = pieces
			p, s := r.pair()
			p.Stall()
			f := tempFile(t, pattern(1<<20))
			s.c.SendFile(f, 0, 1<<20)
			s.c.SendFile(f, 0, 1<<20)
			s.c.Write([]byte("behind"))
			r.poll()
			if isClosed(f) {
				t.Fatal("closed too early")
			}
			v.do(r, p, s)
			if v.name != "the loop" {
				r.poll()
			}
			if s.err != v.err || s.closes != 1 {
				t.Errorf("%s: %v, OnClose %d times", v.name, s.err, s.closes)
			}
			wantClosed(t, f)
			if v.name != "the loop" {
				late := tempFile(t, nil)
				if st := s.c.SendFile(late, 0, 0); st != poll.Dropped {
					t.Error(v.name, st)
				}
				wantClosed(t, late)
			}
			r.end()
		}
	}
}

// Close, and a peer that has closed its half, still get all of the file.
func TestFileIsSentBeforeTheEnd(t *testing.T) {
	for _, half := range []bool{false, true} {
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
		p, s := r.pair()
		f := tempFile(t, pattern(1<<20))
		s.c.SendFile(f, 0, 1<<20)
		if half {
			p.CloseWrite()
		} else {
			s.c.Close()
			if s.c.SendFile(f, 0, 10) != poll.Dropped || isClosed(f) {
				t.Error("a part that was dropped took the file from the one before")
			}
		}
		var got []byte
		r.until("the end", func() bool { got = append(got, p.Read()...); return p.EOF() })
		same(t, "file", got, pattern(1<<20))
		wantClosed(t, f)
		if s.c.Write([]byte("x")) != poll.Dropped {
			t.Error("written after the end")
		}
		p.Close()
		r.until("closed", func() bool { return r.l.Stats().Conns == 0 })
		r.end()
	}
}

// A file that became shorter ends the connection: its length was promised.
func TestTruncatedFile(t *testing.T) {
	for _, pieces := range []bool{false, true} {
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
		r.k.NoSendFile = pieces
		p, s := r.pair()
		f := tempFile(t, pattern(100_000))
		s.c.SendFile(f, 50_000, 100_000)
		var got []byte
		r.until("the end", func() bool { got = append(got, p.Read()...); return s.closes > 0 })
		if s.err != io.ErrUnexpectedEOF || len(got) > 50_000 {
			t.Errorf("%v after %d bytes", s.err, len(got))
		}
		wantClosed(t, f)
		r.end()
	}
}

// While a file flows as fast as it can, others are served every turn, and no turn
// takes more than its share.
func TestFileTakesTurns(t *testing.T) {
	for _, pieces := range []bool{false, true} {
		const size, share = 8 << 20, 128 << 10
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
		r.k.NoSendFile, r.k.SendBytes = pieces, 16<<20
		p, s := r.pair()
		other, o := r.pair()
		f := tempFile(t, pattern(size))
		s.c.SendFile(f, 0, size/2)
		s.c.SendFile(f, 0, size/2)
		o.data = func(o *side, b []byte) { o.c.Write(b) }
		turns, sent := 0, 0
		for ; !isClosed(f); turns++ {
			other.WriteString("x")
			before := r.l.Stats().BytesOut
			r.poll()
			if n := int(r.l.Stats().BytesOut - before); n > share+100 {
				t.Fatalf("a turn sent %d bytes", n)
			}
			sent += len(p.Read())
			if r.l.Stats().OutBytes > 64<<10 {
				t.Fatal("it is read into memory")
			}
		}
		if turns < size/share || turns > size/share+3 {
			t.Errorf("%d turns", turns)
		}
		r.poll()
		if n := len(other.Read()); n < turns-1 {
			t.Errorf("the other connection was served %d times in %d turns", n, turns)
		}
		if sent += len(p.Read()); sent != size || s.drains != 1 {
			t.Errorf("%d bytes, %d drains", sent, s.drains)
		}
		r.end()
	}
}

// What is written behind a file counts: a peer that does not take the file cannot
// make it grow for ever.
func TestLimitsHoldBehindAFile(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	p.Stall()
	f := tempFile(t, pattern(1<<20))
	s.c.SendFile(f, 0, 1<<20)
	var last poll.Status
	for range 300 {
		last = s.c.Write(pattern(16 << 10))
		if n := s.c.Buffered(); last != poll.Dropped && (n > 256<<10) != (last == poll.Pressure) {
			t.Fatalf("%v with %d bytes", last, n)
		}
	}
	r.poll()
	if last != poll.Dropped || s.err != poll.ErrOverflow {
		t.Errorf("%v, %v", last, s.err)
	}
	wantClosed(t, f)
	r.end()
}

// Beyond 2 GiB of a sparse file, on the system's kernel.
func TestFileOffsetsHave64Bits(t *testing.T) {
	const at = 5<<30 + 12345
	f, err := os.Create(filepath.Join(t.TempDir(), "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	content := pattern(3 << 20)
	if _, err := f.WriteAt(content, at); err != nil {
		t.Skip("no sparse files here:", err)
	}
	l := newLoop(t, poll.Options{})
	s := &side{}
	ln := listen(t, l, poll.ListenOptions{Address: "127.0.0.1:0", Accept: func(c *poll.Conn) poll.Handler {
		c.Write([]byte("head"))
		c.SendFile(f, at, int64(len(content)))
		c.Write([]byte("tail"))
		c.Close()
		return s
	}})
	client(t, l, "tcp", ln.Addr().String(), func(c net.Conn) error {
		b, err := io.ReadAll(c)
		if want := "head" + string(content) + "tail"; string(b) != want {
			t.Errorf("%d bytes, want %d, equal parts %v", len(b), len(want), bytes.Contains(b, content))
		}
		return err
	})
	turn(t, l, func() bool { return isClosed(f) })
}

// OpenRegular neither waits for a FIFO's writer nor leaves the root.
func TestOpenRegular(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.Mkdir(dir+"/shut", 0o700), os.WriteFile(dir+"/shut/a", []byte("a"), 0o600),
		os.WriteFile(dir+"/secret", []byte("b"), 0o600), unix.Mkfifo(dir+"/shut/fifo", 0o600),
		os.Symlink("a", dir+"/shut/in"), os.Symlink("../secret", dir+"/shut/out"), os.Symlink("fifo", dir+"/shut/pipe"),
		os.Symlink("/dev/zero", dir+"/shut/zero"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir + "/shut")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, want := range map[string]bool{
		"a": true, "in": true, "out": false, "fifo": false, "pipe": false, ".": false, "zero": false, "none": false,
		"../secret": false, "": false, "a/b": false,
	} {
		f, info, err := poll.OpenRegular(root, name)
		if (err == nil) != want || want && info.Size() != 1 {
			t.Errorf("%q: %v", name, err)
		}
		if (name == "fifo" || name == ".") && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
		if err == nil {
			f.Close()
		}
	}
}
