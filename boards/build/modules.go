package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// addModules adds the Go modules that are linked, the standard library as one of them, and who needs whom: an edge for
// each import between packages of two modules.
func (d *document) addModules(tool *toolchain, info *buildinfo.BuildInfo, packs []pack) error {
	std, err := standard(tool, info.GoVersion, packs)
	if err != nil {
		return err
	}
	d.Components = append(d.Components, std)
	dirs := make(map[string]string) // of modules
	for _, p := range packs {
		if p.Module != nil {
			dirs[p.Module.Path] = p.Module.Dir
		}
	}
	refs := map[string]string{"": std.Ref, module: d.Metadata.Component.Ref}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		c := &component{
			Type: "library", Name: dep.Path, Version: dep.Version, Scope: "required",
			PURL: goPURL(dep.Path, dep.Version), Licenses: licensed(licenseIn(dirs[dep.Path])),
		}
		c.Ref, refs[dep.Path] = c.PURL, c.PURL
		if c.Hashes, err = moduleHash(dep.Sum); err != nil {
			return fmt.Errorf("%s: %w", dep.Path, err)
		}
		c.Properties = []property{{"edgesio:go.sum", dep.Sum}}
		d.Components = append(d.Components, c)
	}
	return d.addImports(packs, refs)
}

// addImports adds the edges between modules; refs has the component of each module path, "" for the standard library.
func (d *document) addImports(packs []pack, refs map[string]string) error {
	owner := make(map[string]string) // component by package
	for _, p := range packs {
		path := ""
		if p.Module != nil {
			path = p.Module.Path
		}
		ref, ok := refs[path]
		if !ok {
			return fmt.Errorf("%s is built in, and its module %s is not in the program's list", p.ImportPath, path)
		}
		owner[p.ImportPath] = ref
	}
	needs := make(map[string]map[string]bool)
	for _, p := range packs {
		from := owner[p.ImportPath]
		if needs[from] == nil {
			needs[from] = make(map[string]bool)
		}
		for _, path := range p.Imports {
			if to := owner[path]; to != "" && to != from {
				needs[from][to] = true
			}
		}
	}
	for from, to := range needs {
		d.Dependencies = append(d.Dependencies, dependency{Ref: from, DependsOn: keys(to)})
	}
	return nil
}

// standard is Go's standard library, as scanners for vulnerabilities name it, and the modules of golang.org/x that it
// has taken in and that are linked.
func standard(tool *toolchain, release string, packs []pack) (*component, error) {
	number := releaseNumber(release)
	c := &component{
		Type: "library", Name: "stdlib", Version: "go" + number, Scope: "required", Licenses: licensed("BSD-3-Clause"),
		Description: "Go's standard library and runtime",
		PURL:        "pkg:golang/stdlib@" + number, CPE: "cpe:2.3:a:golang:go:" + number + ":*:*:*:*:*:*:*",
	}
	c.Ref = c.PURL
	text, err := os.ReadFile(filepath.Join(tool.goroot, "src/vendor/modules.txt"))
	if err != nil {
		return nil, err
	}
	var inside *component
	for line := range strings.Lines(string(text)) { // "# module version", then its packages
		fields := strings.Fields(line)
		switch {
		case len(fields) == 3 && fields[0] == "#":
			inside = &component{
				Type: "library", Name: fields[1], Version: fields[2], Scope: "required", Licenses: licensed("BSD-3-Clause"),
				Description: "as taken into go" + number, PURL: goPURL(fields[1], fields[2]),
			}
			inside.Ref = "stdlib:" + inside.PURL // the program may have the module of its own, too
		case len(fields) != 1 || inside == nil || slices.Contains(c.Components, inside):
		case linked(packs, "vendor/"+fields[0]):
			c.Components = append(c.Components, inside)
		}
	}
	return c, nil
}

// releaseNumber is "1.26.8" of "go1.26.8-X:nogreenteagc" and of "go1.26.8 X:nogreenteagc".
func releaseNumber(release string) string {
	return strings.TrimPrefix(release[:strings.IndexAny(release+" ", "- ")], "go")
}

func linked(packs []pack, path string) bool {
	return slices.ContainsFunc(packs, func(p pack) bool { return p.ImportPath == path })
}

// goPURL is the package URL of a module.
func goPURL(path, version string) string {
	return "pkg:golang/" + strings.ToLower(path) + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// moduleHash makes of "h1:base64", which go.sum has, what CycloneDX takes, as its own tool for Go does: the SHA-256 of
// the list of the module's files with the SHA-256 of each.
func moduleHash(sum string) ([]digest, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:"))
	if err != nil || !strings.HasPrefix(sum, "h1:") {
		return nil, fmt.Errorf("%q is no checksum of go.sum", sum)
	}
	return []digest{{"SHA-256", hex.EncodeToString(raw)}}, nil
}

// licenses are recognised by a sentence that no other one of them has; the first that fits counts.
var licenses = []struct{ id, sentence string }{
	{"BSD-3-Clause", "may be used to endorse or promote products"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"Apache-2.0", "Apache License"},
}

// licenseIn is the license of the module in a folder, "" when it is not one of those: the bill leaves it open then.
func licenseIn(dir string) string {
	for _, name := range []string{"LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		flat := strings.Join(strings.Fields(string(text)), " ")
		for _, l := range licenses {
			if strings.Contains(flat, l.sentence) {
				return l.id
			}
		}
	}
	return ""
}
