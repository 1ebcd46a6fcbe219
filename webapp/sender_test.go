package webapp

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"
)

// countFS counts the files that are open.
type countFS struct {
	fstest.MapFS
	open *int
}

type countFile struct {
	fs.File
	open *int
}

func (c countFS) Open(name string) (fs.File, error) {
	f, err := c.MapFS.Open(name)
	if err == nil {
		*c.open++
		f = countFile{f, c.open}
	}
	return f, err
}

func (f countFile) Close() error { *f.open--; return f.File.Close() }

func bigFile(n int) (countFS, *int) {
	open := new(int)
	return countFS{fstest.MapFS{"big": {Data: make([]byte, n), ModTime: time.Unix(1e9, 0)}}, open}, open
}

// A handler that panics after SendFile, or on its way to the head, leaves no file open.
func TestPanicsCloseFiles(t *testing.T) {
	files, open := bigFile(1 << 20)
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/after", func(_ *Request, res *Response) {
			res.SendFileFS(files, "big")
			if *open != 1 {
				t.Error("the file is not on its way")
			}
			panic("oh")
		})
		app.Get("/head", func(_ *Request, res *Response) {
			res.OnHead(func(*Response) { panic("oh") })
			res.SendFileFS(files, "big")
		})
	})
	for _, path := range []string{"/after", "/head"} {
		c := r.dial().send(get(path))
		r.run("the end", func() bool { c.Read(); return c.Ended() })
		if *open != 0 {
			t.Errorf("%s: %d files are open", path, *open)
		}
		*open = 0
		c.Close()
	}
	r.settle()
}

// A file that is sent before the body has arrived ends the wait for it: its receiver
// is not called, its deadline does not cut the file.
func TestFileBeforeTheBody(t *testing.T) {
	for _, streams := range []bool{false, true} {
		files, open := bigFile(1 << 20)
		told := 0
		r := newRig(t, Options{BodyTimeout: time.Second}, func(app *App) {
			app.Post("/", func(req *Request, res *Response) {
				end := func(error) { told++ }
				if streams {
					req.OnData(100, func([]byte) { told++ }, end)
				} else {
					req.Body(100, func(_ []byte, err error) { end(err) })
				}
				res.SendFileFS(files, "big")
				req.Body(100, func(_ []byte, err error) {
					if err != ErrAborted {
						t.Error(err)
					}
				})
			})
			app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
		})
		c := r.dial()
		c.Stall()
		c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel")
		r.k.Sleep(r.loop, 5*time.Second)
		c.send("lo worl")
		r.k.Sleep(r.loop, time.Second)
		c.Resume()
		if res := c.next("POST"); len(res.body) != 1<<20 {
			t.Errorf("%d bytes came", len(res.body))
		}
		c.send(get("/")).want(200, "hello")
		if told > 0 || *open > 0 {
			t.Errorf("streams %v: the body's receiver was called %d times; %d files are open", streams, told, *open)
		}
		c.Close()
		r.settle()
	}
}
