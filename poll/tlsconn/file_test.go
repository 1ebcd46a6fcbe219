package tlsconn_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

// Parts of files are read in pieces and sealed in their place among the writes;
// close_notify comes after the last, and the file is closed.
func TestSendFile(t *testing.T) {
	path, content := filepath.Join(t.TempDir(), "file"), pattern(400_000)
	check(t, os.WriteFile(path, content, 0o600))
	polltest.Seeds(t, 40, func(t *testing.T, seed uint64) {
		r := newRig(t, seed, rough, tlsconn.Options{}, poll.ListenOptions{})
		f, err := os.Open(path)
		check(t, err)
		send := func(s *side) {
			s.c.Write([]byte("head"))
			s.c.SendFile(f, 0, 400_000)
			s.c.Write([]byte("middle"))
			s.c.SendFile(f, 1000, 1000)
			s.c.Write([]byte("tail"))
		}
		r.new = func(s *side) {
			if seed%2 == 0 {
				send(s) // before the handshake
			}
			s.data = func(s *side, _ []byte) {
				if seed%2 != 0 {
					send(s)
				}
				s.c.Close()
			}
		}
		c := r.dial(one().config("gateway.test"), func(c *client) error {
			if _, err := c.Write([]byte("go")); err != nil {
				return err
			}
			got, err := io.ReadAll(c)
			want := bytes.Join([][]byte{[]byte("head"), content, []byte("middle"), content[1000:2000], []byte("tail")}, nil)
			if err == nil && !bytes.Equal(got, want) {
				err = errors.New("other bytes came")
			}
			return err
		})
		check(t, r.run(c))
		if _, err := f.Stat(); !errors.Is(err, os.ErrClosed) {
			t.Error("the file is open")
		}
		if n := r.k.Calls.SendFiles; n > 0 {
			t.Errorf("%d calls of sendfile", n)
		}
		c.peer.Close()
		r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
		r.end()
	})
}
