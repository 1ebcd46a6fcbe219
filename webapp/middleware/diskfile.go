package middleware

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// Directory is a MultipartOptions.Store that writes files below dir, which must
// be there, under random names: File.Sink is a *[DiskFile] then. Writing is done
// off the loop, while the body waits; an upload that fails leaves no file, unless
// the loop is closed in the middle of it.
func Directory(dir string) func(req *webapp.Request, f *File) (Sink, error) {
	return func(req *webapp.Request, _ *File) (Sink, error) {
		up, _ := req.Value(diskKey{}).(*diskUpload)
		if up == nil {
			up = &diskUpload{req: req, loop: req.Server().Loop()}
			req.SetValue(diskKey{}, up)
		}
		var name [16]byte
		up.loop.Random(name[:])
		return &DiskFile{up: up, path: filepath.Join(dir, "upload-"+hex.EncodeToString(name[:]))}, nil
	}
}

type diskKey struct{}

// diskUpload is what the files of one request share.
type diskUpload struct {
	req  *webapp.Request
	loop *poll.Loop
	busy int // files that are being written
}

// A DiskFile is a file that Directory stored. It is the app's from the end of the
// upload on, to be moved or removed.
type DiskFile struct {
	up        *diskUpload
	path      string
	file      *os.File // belongs to the work that is under way
	wait      []byte   // comes after it
	err       error
	busy      bool
	ended     bool
	closed    bool
	discarded bool
}

// Path is where the file is.
func (d *DiskFile) Path() string { return d.path }

// Err is the first error of writing: Multipart asks for it at the end.
func (d *DiskFile) Err() error { return d.err }

// Data writes on.
func (d *DiskFile) Data(p []byte) error {
	d.wait = append(d.wait, p...)
	d.work()
	return d.err
}

// End closes the file, when all of it is written.
func (d *DiskFile) End() error {
	d.ended = true
	d.work()
	return d.err
}

// Discard removes the file.
func (d *DiskFile) Discard() {
	d.discarded, d.wait = true, nil
	d.work()
}

// done tells whether there is nothing left to do.
func (d *DiskFile) done() bool {
	return d.closed && !(d.discarded && d.path != "") || d.err != nil && !d.discarded
}

// work does what is to be done off the loop, one piece after the other. The body
// is paused until it is done.
func (d *DiskFile) work() {
	if d.busy || d.done() || len(d.wait) == 0 && !d.ended && !d.discarded {
		return
	}
	d.busy = true
	d.up.busy++
	d.up.req.PauseBody()
	d.start()
}

// start gives work to the loop's workers, and waits while they have too much.
func (d *DiskFile) start() {
	p, last, remove := d.wait, d.ended, d.discarded
	work := func() error { return d.write(p, last, remove) }
	switch d.up.loop.Try(work, func(err error) { d.finish(err, last, remove) }) {
	case nil:
		d.wait = nil
	case poll.ErrBusy:
		d.up.loop.After(10*time.Millisecond, d.start)
	default: // the loop is closed: nobody waits any more
		_ = d.write(nil, true, true)
	}
}

// write runs off the loop.
func (d *DiskFile) write(p []byte, last, remove bool) (err error) {
	if d.file == nil && !remove {
		d.file, err = os.OpenFile(d.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}
	if err == nil && !remove {
		_, err = d.file.Write(p)
	}
	if (last || remove || err != nil) && d.file != nil {
		if e := d.file.Close(); err == nil && !remove && !d.closed {
			err = e
		}
	}
	if remove && d.file != nil {
		os.Remove(d.path)
	}
	return err
}

// finish goes on after a piece.
func (d *DiskFile) finish(err error, last, remove bool) {
	d.busy = false
	d.up.busy--
	if d.err == nil {
		d.err = err
	}
	d.closed = d.closed || last || remove
	if remove {
		d.path = ""
	}
	d.work()
	if d.up.busy == 0 {
		d.up.req.ResumeBody()
	}
}
