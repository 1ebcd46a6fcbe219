package middleware

import (
	"strings"
	"unicode/utf8"

	"github.com/edgesio/edgesio/webapp"
)

// part is the part of a multipart body that is under way.
type part struct {
	disposition string
	kind        string
	name        string
	fileName    string // as the peer calls it
	isFile      bool
	file        *File // once it is opened
	value       []byte
}

// partCost is what a part takes besides its bytes.
const partCost = 128

// What is wrong with a part.
var (
	errParts       = &webapp.Error{Status: 413, Message: "multipart body has too many parts"}
	errFiles       = &webapp.Error{Status: 413, Message: "multipart body has too many files"}
	errField       = &webapp.Error{Status: 413, Message: "field of a form is too large"}
	errFile        = &webapp.Error{Status: 413, Message: "file is too large"}
	errDisposition = &webapp.Error{Status: 400, Message: "part without a valid Content-Disposition"}
	errPartName    = &webapp.Error{Status: 400, Message: "name of a field is too long"}
	errPartText    = &webapp.Error{Status: 400, Message: "part of a form is not UTF-8"}
	errTransfer    = &webapp.Error{Status: 415, Message: "Content-Transfer-Encoding of a part"}
)

func (u *formUpload) partBegin() error {
	u.part = part{}
	if u.parts++; u.parts > u.o.MaxParts {
		return errParts
	}
	return u.hold(partCost)
}

// partHeader takes the three headers that mean something, RFC 7578 section 4.8;
// others are ignored, as it says.
func (u *formUpload) partHeader(name, value []byte) error {
	switch strings.ToLower(string(name)) {
	case "content-disposition":
		if u.part.disposition != "" || len(value) == 0 {
			return errDisposition
		}
		u.part.disposition = string(value)
	case "content-type":
		u.part.kind = string(value)
	case "content-transfer-encoding":
		switch strings.ToLower(string(value)) {
		case "7bit", "8bit", "binary":
		default:
			return errTransfer // as RFC 7578 section 4.7: nobody sends it
		}
	}
	return nil
}

func (u *formUpload) partReady() error {
	p := &u.part
	kind, list, _ := strings.Cut(p.disposition, ";")
	if !strings.EqualFold(strings.Trim(kind, " \t"), "form-data") {
		return errDisposition
	}
	named, extended := false, ""
	for {
		k, v, rest, ok := nextParam(list)
		if !ok && rest != "" {
			return errDisposition
		}
		if !ok {
			break
		}
		switch k {
		case "name":
			p.name, named = v, true
		case "filename":
			p.fileName, p.isFile = v, true
		case "filename*":
			extended = v
		}
		list = rest
	}
	if text, ok := extendedText(extended); ok {
		p.fileName, p.isFile = text, true
	}
	switch {
	case !named:
		return errDisposition
	case len(p.name) > u.o.MaxNameBytes:
		return errPartName
	case !utf8.ValidString(p.name):
		return errPartText
	}
	if _, params, ok := mediaType(p.kind); ok && !p.isFile {
		if c := charset(params); c != "utf-8" && c != "us-ascii" {
			return errCharset(c)
		}
	}
	return u.hold(len(p.name) + len(p.fileName) + len(p.kind))
}

func (u *formUpload) partData(b []byte) error {
	if u.part.isFile {
		return u.fileData(b)
	}
	if len(b) > u.o.MaxFieldBytes-len(u.part.value) {
		return errField
	}
	before := cap(u.part.value)
	u.part.value = append(u.part.value, b...)
	return u.hold(cap(u.part.value) - before)
}

func (u *formUpload) fileData(b []byte) error {
	if err := u.openFile(); err != nil {
		return err
	}
	f := u.part.file
	if f.Size += int64(len(b)); f.Size > u.o.MaxFileBytes {
		return errFile
	}
	if f.Sink != nil {
		return f.Sink.Data(b)
	}
	before := cap(f.Data)
	f.Data = append(f.Data, b...)
	return u.hold(cap(f.Data) - before)
}

// openFile makes the file known to Store. A browser sends an empty file without
// a name for an input in which nothing was chosen: it is never opened.
func (u *formUpload) openFile() (err error) {
	if u.part.file != nil {
		return nil
	}
	if len(u.form.files) == u.o.MaxFiles {
		return errFiles
	}
	f := &File{Field: u.part.name, FileName: CleanFileName(u.part.fileName), Type: u.part.kind}
	set(&f.FileName, "file")
	if u.o.Store != nil {
		if f.Sink, err = u.o.Store(u.req, f); err != nil {
			f.Sink = nil
			return err
		}
	}
	if f.Sink == nil {
		f.Data = []byte{}
	}
	u.part.file = f
	return nil
}

func (u *formUpload) partEnd() error {
	p := &u.part
	switch {
	case !p.isFile && !utf8.Valid(p.value):
		return errPartText
	case !p.isFile:
		u.form.fields = append(u.form.fields, formField{p.name, string(p.value)})
		if err := u.hold(len(p.value) - cap(p.value)); err != nil {
			return err
		}
	case p.fileName != "" || p.file != nil:
		if err := u.openFile(); err != nil {
			return err
		}
		f := p.file
		if f.Sink != nil {
			if err := f.Sink.End(); err != nil {
				return err
			}
		}
		u.form.files = append(u.form.files, f)
	}
	u.part = part{}
	return nil
}
