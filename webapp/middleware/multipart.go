package middleware

import (
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// MultipartOptions bound multipart forms. The zero value is ready to use.
type MultipartOptions struct {
	// Limit of the whole body in bytes (413). Default 10 MiB; above
	// webapp.Options.MaxBodyBytes the request is refused before.
	Limit int64
	// MaxParts of fields and files together, MaxFiles of them (413). Default 1000
	// and 100.
	MaxParts, MaxFiles int
	// MaxFieldBytes of a field's value, MaxFileBytes of a file (413). Default
	// 100 KiB and Limit.
	MaxFieldBytes int
	MaxFileBytes  int64
	// MaxNameBytes of a field's name (400), MaxHeaderBytes of a part's header
	// (431). Default 100 and 2 KiB.
	MaxNameBytes, MaxHeaderBytes int
	// MaxMemoryBytes is what all requests together may hold of fields and of files
	// without a Sink, until their responses have ended (503). Default 32 MiB.
	MaxMemoryBytes int
	// Store chooses where a file goes, whose Size is not known yet; a nil Sink, or
	// a nil Store, keeps it in memory, in File.Data. An error ends the upload.
	Store func(req *webapp.Request, f *File) (Sink, error)
}

// A File is a file of a multipart body.
type File struct {
	Field    string // the name of its field
	FileName string // by CleanFileName, "file" if nothing is left
	Type     string // as the peer says; not checked
	Size     int64
	Data     []byte // nil if it went to Sink
	Sink     Sink   // of Store
}

// A Sink takes a file. It must not block: one that writes to a disk uses Loop.Go,
// and Request.PauseBody until that is done, which delays the end of the upload,
// too; what was read already, 64 KiB by default, may still come after PauseBody.
// An error ends the upload with it; one that comes later is what Err() error tells,
// if the Sink has such a method: it is asked at the end of the upload. [Directory]
// makes Sinks of this kind.
type Sink interface {
	// Data brings the next bytes; p is valid until it returns.
	Data(p []byte) error
	// End is called when the file is whole.
	End() error
	// Discard is called, once, when the upload has failed, after End too.
	Discard()
}

// Multipart reads forms with files, RFC 7578: [FormOf] returns them when all of
// the body is there. Files go to memory, or where Store says, as they come.
func Multipart(o MultipartOptions) webapp.Middleware {
	set(&o.Limit, 10<<20)
	set(&o.MaxParts, 1000)
	set(&o.MaxFiles, 100)
	set(&o.MaxFieldBytes, defaultLimit)
	set(&o.MaxFileBytes, o.Limit)
	set(&o.MaxNameBytes, 100)
	set(&o.MaxHeaderBytes, 2<<10)
	set(&o.MaxMemoryBytes, 32<<20)
	held := new(int) // of MaxMemoryBytes
	return webapp.Member(eos.MiddlewareMulter, func(req *webapp.Request, res *webapp.Response, next webapp.Next) {
		kind, params, ok := mediaType(req.Header("Content-Type"))
		if !ok || kind != "multipart/form-data" || !req.HasBody() || req.Parsed() != nil {
			next(nil)
			return
		}
		boundary, _ := param(params, "boundary")
		u := &formUpload{o: &o, req: req, next: next, all: held, form: &Form{}}
		var err error
		if u.parser, err = newPartParser(boundary, o.MaxHeaderBytes, u); err != nil {
			next(err)
			return
		}
		res.OnEnd(func(*webapp.Response, webapp.Ending) { u.release() })
		req.StreamBody(o.Limit, u)
	})
}

// formUpload is a multipart body on its way to its form.
type formUpload struct {
	o      *MultipartOptions
	req    *webapp.Request
	next   webapp.Next
	parser *partParser
	form   *Form
	part   part
	parts  int
	held   int  // of this upload
	all    *int // of all uploads
	over   bool // next was called
}

// OnBodyData brings a piece.
func (u *formUpload) OnBodyData(_ *webapp.Request, _ *webapp.Response, p []byte) {
	if u.over {
		return
	}
	if err := u.parser.feed(p); err != nil {
		u.req.PauseBody() // whoever answers has its time
		u.finish(err)
	}
}

// OnBodyEnd makes the form known.
func (u *formUpload) OnBodyEnd(_ *webapp.Request, _ *webapp.Response, err error) {
	if u.over {
		return
	}
	if err == nil {
		err = u.parser.end()
	}
	for _, f := range u.form.files {
		if late, ok := f.Sink.(interface{ Err() error }); ok && err == nil {
			err = late.Err()
		}
	}
	u.finish(err)
}

func (u *formUpload) finish(err error) {
	u.over = true
	if err != nil {
		u.discard()
	} else {
		u.req.SetParsed(u.form)
	}
	u.next(err)
}

// discard tells the sinks that all was in vain.
func (u *formUpload) discard() {
	if f := u.part.file; f != nil && f.Sink != nil {
		f.Sink.Discard()
	}
	for _, f := range u.form.files {
		if f.Sink != nil {
			f.Sink.Discard()
		}
	}
	u.part, u.form = part{}, &Form{}
}

// release is the end of the response.
func (u *formUpload) release() {
	*u.all -= u.held
	u.held = 0
	if !u.over {
		u.over = true
		u.discard()
	}
}

// hold counts n bytes more.
func (u *formUpload) hold(n int) error {
	u.held += n
	*u.all += n
	if *u.all > u.o.MaxMemoryBytes {
		return webapp.ErrBodyBudget
	}
	return nil
}
