package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/edgesio/edgesio/boards/results"
)

// The browser client is released as files that have parts of several npm packages in them. Which ones is what the
// source maps beside them tell; the versions are those of sio/bundle/package-lock.json, if the sources are the same.
const (
	npmDir     = "sio/bundle"
	clientName = "socket.io-client"
)

// locked is a package of package-lock.json.
type locked struct {
	Version, Integrity, License string
	Dependencies                map[string]string
}

// addClient adds the npm packages that are inside the embedded files of the browser client.
func (d *document) addClient(tool *toolchain, packs []pack) error {
	files, err := clientFiles(tool.root, packs)
	if err != nil || len(files) == 0 {
		return err // a program without
	}
	text, err := os.ReadFile(filepath.Join(tool.root, npmDir, "package-lock.json"))
	if err != nil {
		return err
	}
	var lock struct{ Packages map[string]locked }
	if err := json.Unmarshal(text, &lock); err != nil {
		return err
	}
	inside := make(map[string][]string) // the files that a package is in
	for _, f := range files {
		if err := f.parts(tool.root, inside); err != nil {
			return err
		}
	}
	for _, name := range keys(inside) {
		entry, ok := lock.Packages["node_modules/"+name]
		if !ok {
			return fmt.Errorf("%s is in the browser client, and not in %s: add it with the version that is inside", name, npmDir)
		}
		c, err := entry.component(name)
		if err != nil {
			return err
		}
		c.Properties = []property{{"edgesio:inside", strings.Join(inside[name], " ")}}
		if name == clientName {
			for _, f := range files {
				c.Components = append(c.Components, &component{
					Type: "file", Ref: "file:" + f.path, Name: f.path, Hashes: []digest{{"SHA-256", f.sum}},
				})
			}
		}
		d.Components = append(d.Components, c)
		needs := dependency{Ref: c.Ref}
		for _, other := range keys(entry.Dependencies) {
			if inside[other] != nil {
				needs.DependsOn = append(needs.DependsOn, npmPURL(other, lock.Packages["node_modules/"+other].Version))
			}
		}
		d.Dependencies = append(d.Dependencies, needs)
	}
	at := slices.IndexFunc(d.Dependencies, func(dep dependency) bool { return dep.Ref == d.Metadata.Component.Ref })
	for _, name := range []string{clientName, "socket.io-msgpack-parser"} { // what the files are made of, first hand
		if inside[name] != nil {
			to := npmPURL(name, lock.Packages["node_modules/"+name].Version)
			d.Dependencies[at].DependsOn = append(d.Dependencies[at].DependsOn, to)
		}
	}
	return nil
}

// component of a package of npm. Its hash is that of the archive that npm has.
func (l locked) component(name string) (*component, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(l.Integrity, "sha512-"))
	if err != nil || !strings.HasPrefix(l.Integrity, "sha512-") {
		return nil, fmt.Errorf("%s: %q is no checksum of npm", name, l.Integrity)
	}
	purl := npmPURL(name, l.Version)
	return &component{
		Type: "library", Ref: purl, Name: name, Version: l.Version, Scope: "required", PURL: purl,
		Hashes: []digest{{"SHA-512", hex.EncodeToString(raw)}}, Licenses: licensed(l.License),
	}, nil
}

func npmPURL(name, version string) string {
	return "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + version
}

// clientFile is an embedded file of the client.
type clientFile struct {
	path string // from the root
	base string // of the release: "socket.io.min.js" of dist/socket.io.min.js.gz
	sum  string
}

func clientFiles(root string, packs []pack) ([]clientFile, error) {
	var files []clientFile
	for _, p := range packs {
		for _, name := range p.EmbedFiles {
			base, _, js := strings.Cut(path.Base(name), ".js")
			if p.Module == nil || !p.Module.Main || !strings.HasPrefix(base, "socket.io") || !js {
				continue
			}
			rel, err := filepath.Rel(root, filepath.Join(p.Dir, name))
			if err != nil {
				return nil, err
			}
			sum, err := results.Sum(filepath.Join(root, rel))
			if err != nil {
				return nil, err
			}
			files = append(files, clientFile{filepath.ToSlash(rel), base + ".js", sum})
		}
	}
	return files, nil
}

// parts notes the file with each package that it has sources of. Every source is compared with that of the package as
// npm brought it: releases are made from sources that may be older than what npm resolves for them.
func (f clientFile) parts(root string, inside map[string][]string) error {
	brought := filepath.Join(root, npmDir, "node_modules")
	text, err := os.ReadFile(filepath.Join(brought, clientName, "dist", f.base+".map"))
	if err != nil {
		return fmt.Errorf("the source map of %s, which npm ci in %s brings: %w", f.base, npmDir, err)
	}
	var sources struct{ Sources, SourcesContent []string }
	if err := json.Unmarshal(text, &sources); err != nil {
		return err
	}
	if len(sources.Sources) == 0 || len(sources.Sources) != len(sources.SourcesContent) {
		return fmt.Errorf("the source map of %s has no sources", f.base)
	}
	for i, source := range sources.Sources {
		name, file := npmPackage(source)
		was, err := os.ReadFile(filepath.Join(brought, name, file))
		if err != nil || string(was) != sources.SourcesContent[i] {
			return fmt.Errorf("%s has a %s of %s that differs from the version in %s: name the version that is inside there",
				f.base, file, name, npmDir)
		}
		if !slices.Contains(inside[name], f.path) {
			inside[name] = append(inside[name], f.path)
		}
	}
	return nil
}

// npmPackage tells whose a source is. The client is released from a tree that has its own parts beside each other, and
// those of others in node_modules.
func npmPackage(source string) (name, file string) {
	for strings.HasPrefix(source, "../") {
		source = source[len("../"):]
	}
	if strings.HasPrefix(source, "build/") {
		return clientName, source
	}
	source = strings.TrimPrefix(source, "node_modules/")
	source = strings.Replace(source, "socket.io-component-emitter/", "@socket.io/component-emitter/", 1)
	parts := 1
	if strings.HasPrefix(source, "@") {
		parts = 2
	}
	at := 0
	for range parts {
		at += 1 + strings.IndexByte(source[at:]+"/", '/')
	}
	return strings.TrimSuffix(source[:min(at, len(source))], "/"), source[min(at, len(source)):]
}
