package main

import (
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

//go:embed page
var embedded embed.FS

// pageFiles is the root of the pages.
func pageFiles() (fs.FS, error) { return fs.Sub(embedded, "page") }

// guarded are the headers of the pages besides the sample: their scripts are files, so nothing that gets into a page by
// mistake is run.
var guarded = webapp.MakeFields(
	"Content-Security-Policy", "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "+
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	"X-Content-Type-Options", "nosniff",
	"Referrer-Policy", "no-referrer",
	"Cache-Control", "no-cache",
)

// pages serves every file of the root but the sample's, each at its name.
func pages(app *webapp.App, root fs.FS) error {
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || name == "index.html" {
			continue
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text) // files in a binary have no date
		tag := fmt.Sprintf(`"%x"`, sum[:8])
		app.Get("/"+name, func(_ *webapp.Request, res *webapp.Response) {
			res.SetFields(guarded).Set("ETag", tag).SendFile(name)
		})
	}
	return nil
}

// permissionRow is a row of the matrix as the page has it.
type permissionRow struct {
	Module      string `json:"module"`
	API         string `json:"api"`
	User        bool   `json:"user"`
	Privilege   bool   `json:"privilege"`
	Counterpart bool   `json:"counterpart"`
}

// rules are the matrix, which does not change while the program runs, and the policy, which may: for anybody, they are
// no secrets. Loop's goroutine only.
type rules struct {
	mode   string
	rows   []permissionRow
	policy string
	json   []byte
}

func newRules(mode eos.Mode, matrix *eos.Matrix, policy string) *rules {
	r := &rules{mode: mode.String()}
	for _, row := range matrix.Rows() {
		r.rows = append(r.rows, permissionRow{row.Module, row.Name, row.User, row.Privilege, row.Counterpart})
	}
	r.setPolicy(policy)
	return r
}

// setPolicy takes another policy's text.
func (r *rules) setPolicy(text string) {
	b, err := json.Marshal(map[string]any{"mode": r.mode, "rows": r.rows, "policy": text})
	if err != nil {
		panic(err) // of strings
	}
	r.policy, r.json = text, b
}

func (r *rules) serve(app *webapp.App) {
	app.Get("/permissions.json", func(_ *webapp.Request, res *webapp.Response) {
		res.SetFields(guarded).Type("json").SendCompressed(r.json)
	})
}
