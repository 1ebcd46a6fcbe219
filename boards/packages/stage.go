package main

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"text/template"

	"github.com/edgesio/edgesio/boards"
)

//go:embed files
var files embed.FS

// entry is a file of a package.
type entry struct {
	path     string // on the board
	file     string // in the stage
	mode     os.FileMode
	conffile bool // an upgrade keeps what the owner made of it
}

// billName is the bill of materials, in the folder of the program and in that of the package's documents. An .ipk has
// none: its 17 kB are a lot beside a flash of 8 MB.
const billName = "sbom.cdx.json"

// stage is a temporary folder with the files of one board, and what the templates know.
type stage struct {
	dir, binary string
	bill        bool // there is one in dir
	source      source

	Board, Title, Version, Date string
	Day                         string // as mdoc(7) has it
	Descriptors                 int
	Needs                       string // see target
	Settings                    []setting
	// For nfpm's description, see pack.
	Format, Arch, Stage string
	Entries             []packed
}

// What is packed by gzip, and what is run.
var (
	packedFiles = map[string]bool{"edgesio-gateway.8": true, "changelog": true}
	programs    = map[string]bool{"prepare": true, "procd": true, "sysv": true, "install.sh": true}
)

// newStage fills in the templates of files/ for one board. Whoever gets it removes its dir.
func newStage(p boards.Profile, src source, settings []setting, binary string) (*stage, error) {
	if info, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("no binary, make board-%s builds it: %w", p.Name, err)
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", binary)
	}
	dir, err := os.MkdirTemp("", packageName)
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, binary: binary, source: src,
		Board: p.Name, Title: p.Title, Version: src.version, Descriptors: p.Descriptors,
		Date: src.date.Format("Mon, 02 Jan 2006 15:04:05 +0000"), Day: src.date.Format("January 2, 2006"),
		Settings: settings, Needs: targets[p.Name].needs}
	entries, err := files.ReadDir("files")
	for i := 0; err == nil && i < len(entries); i++ {
		err = s.fill(entries[i].Name())
	}
	if err == nil {
		err = s.takeBill()
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

// takeBill takes the bill of materials that boards/build -sbom wrote beside the program, if it did.
func (s *stage) takeBill() error {
	b, err := os.ReadFile(filepath.Join(filepath.Dir(s.binary), billName))
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	s.bill = true
	return os.WriteFile(filepath.Join(s.dir, billName), b, 0o600)
}

// fill writes a file of files/ into the stage.
func (s *stage) fill(name string) error {
	b, err := s.render(name)
	if err != nil {
		return err
	}
	if packedFiles[name] {
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // of a level that exists
		if _, err := w.Write(b); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		b = packed.Bytes()
	}
	return os.WriteFile(filepath.Join(s.dir, name), b, 0o644)
}

func (s *stage) render(name string) ([]byte, error) {
	t, err := template.New(name).Option("missingkey=error").Delims("[[", "]]").ParseFS(files, path.Join("files", name))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, s)
	return b.Bytes(), err
}

// entries are the files of a package: of a "deb", an "ipk", or of a "tar", which has those of every init.
func (s *stage) entries(format string) []entry {
	const doc = "/usr/share/doc/" + packageName + "/"
	list := []entry{
		{path: "/usr/sbin/" + packageName, file: s.binary},
		{path: "/usr/lib/edgesio/prepare", file: "prepare"},
		{path: "/etc/edgesio/gateway.conf", file: "gateway.conf", conffile: true},
	}
	list = append(list, entry{path: doc + "copyright", file: "copyright"})
	if format != "ipk" {
		list = append(list,
			entry{path: "/usr/lib/systemd/system/" + packageName + ".service", file: "service"},
			entry{path: "/usr/lib/systemd/system/" + packageName + ".socket", file: "socket"},
			entry{path: "/usr/lib/sysusers.d/" + packageName + ".conf", file: "sysusers"},
			entry{path: "/usr/share/man/man8/" + packageName + ".8.gz", file: "edgesio-gateway.8"},
			entry{path: doc + "changelog.gz", file: "changelog"},
			entry{path: "/usr/share/lintian/overrides/" + packageName, file: "lintian"})
		if s.bill {
			list = append(list, entry{path: doc + billName, file: billName})
		}
	}
	if format != "deb" {
		list = append(list,
			entry{path: "/etc/init.d/" + packageName, file: "procd"},
			entry{path: "/lib/upgrade/keep.d/" + packageName, file: "keep"})
	}
	for i := range list {
		e := &list[i]
		e.mode = 0o644
		if programs[e.file] || e.file == s.binary {
			e.mode = 0o755
		}
		if e.file != s.binary {
			e.file = filepath.Join(s.dir, e.file)
		}
	}
	return list
}
