package metrics

import (
	"io/fs"
	"os"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// Options configure a Collector. The zero value is ready to use.
type Options struct {
	// MaxNamespaces bounds the lines of edgesio_sockets: so many namespaces are told by name, those that the program made
	// first, the rest together. Default 32.
	MaxNamespaces int
	// More adds families of the program's own at the end of the page, on the loop's goroutine.
	More func(t *Text)
	// Proc has the figures of the process. Default the system's /proc.
	Proc fs.FS
}

// Collector answers scrapes with the figures of one server and the loop below it. Loop's goroutine only.
type Collector struct {
	io      *sio.Server
	web     *webapp.Server
	loop    *poll.Loop
	options Options
	page    Text
	heap    heap
	process process
	away    bool               // the process is being looked at
	waiting []*webapp.Response // scrapes that came meanwhile, or began it
}

// New makes a collector for a server. web is the HTTP server that it is attached to; with nil the figures of HTTP are
// left out.
func New(io *sio.Server, web *webapp.Server, o Options) *Collector {
	if o.MaxNamespaces <= 0 {
		o.MaxNamespaces = 32
	}
	if o.Proc == nil {
		o.Proc = os.DirFS("/proc")
	}
	return &Collector{io: io, web: web, loop: io.Loop(), options: o, heap: newHeap()}
}

// Handle answers a scrape; mount it with app.Get("/metrics", c.Handle). It looks at the process first, off the loop.
// Scrapes that come meanwhile wait for the same look and get the same page.
func (c *Collector) Handle(_ *webapp.Request, res *webapp.Response) {
	c.waiting = append(c.waiting, res)
	if c.away {
		return
	}
	before, fresh := c.process, process{}
	c.away = c.loop.Go(func() { fresh = look(c.options.Proc, before) }, func() { c.answer(fresh) }) == nil
	if !c.away {
		c.answer(process{start: before.start}) // busy: better a page without it than none
	}
}

// answer sends the page to all who wait for it.
func (c *Collector) answer(p process) {
	c.away, c.process = false, p
	list := c.waiting
	c.waiting = nil
	c.compose()
	for _, res := range list {
		res.Set("Cache-Control", "no-store").Type(mediaType).SendBytes(c.page.b)
	}
	if cap(c.page.b) > keepBytes {
		c.page.b = nil
	}
}

const (
	mediaType = "text/plain; version=0.0.4; charset=utf-8"
	keepBytes = 32 << 10 // of the page's buffer, between scrapes
)

// Append appends the page to dst, with the figures of the process as the last scrape found them.
func (c *Collector) Append(dst []byte) []byte {
	c.compose()
	return append(dst, c.page.b...)
}

// compose writes the page anew.
func (c *Collector) compose() {
	t := &c.page
	t.b = t.b[:0]
	c.tellLoop(t)
	c.tellHTTP(t)
	c.tellEngine(t)
	c.tellServer(t)
	c.heap.tell(t)
	c.process.tell(t)
	if c.options.More != nil {
		c.options.More(t)
	}
}
