package main

import (
	"debug/buildinfo"
	"strings"

	"github.com/edgesio/edgesio/boards/results"
)

// sbom makes the bill of materials of a program, from the program itself and from what it was built of: its modules as
// the compiler noted them, the standard library with what that has taken in, and the parts of the browser client. It
// lists what is inside, not what was around: no tool of the tests, no package that only Node.js would load.
func sbom(tool *toolchain, o options, t *target) ([]byte, error) {
	info, err := buildinfo.ReadFile(t.file)
	if err != nil {
		return nil, err
	}
	packs, err := tool.list(t, o.pkg)
	if err != nil {
		return nil, err
	}
	root, err := program(info, t.file, o.version)
	if err != nil {
		return nil, err
	}
	d := &document{Metadata: metadata{
		Lifecycles: []phase{{Phase: "build"}},
		Tools: toolSet{Components: []component{
			{Type: "application", Name: "go", Version: info.GoVersion},
			{Type: "application", Name: module + "/boards/build", Version: o.version},
		}},
		Component: root,
	}}
	if err := d.addModules(tool, info, packs); err != nil {
		return nil, err
	}
	if err := d.addClient(tool, packs); err != nil {
		return nil, err
	}
	d.Compositions = []composed{{Aggregate: "complete", Assemblies: []string{root.Ref}}}
	return d.encode()
}

// module is the path of the main module.
const module = "github.com/edgesio/edgesio"

// program is the component that the document is about.
func program(info *buildinfo.BuildInfo, file, version string) (component, error) {
	sum, err := results.Sum(file)
	if err != nil {
		return component{}, err
	}
	purl := goPURL(module, version) + "#" + strings.TrimPrefix(info.Path, module+"/")
	c := component{
		Type: "application", Ref: purl, Name: info.Path, Version: version, PURL: purl,
		Hashes: []digest{{"SHA-256", sum}}, Licenses: licensed("MIT"),
	}
	for _, s := range info.Settings { // named as the taxonomy of CycloneDX has it for Go
		name := "cdx:gomod:build:env:" + s.Key
		if flag, ok := strings.CutPrefix(s.Key, "-"); ok {
			name = "cdx:gomod:build:" + flag
		}
		c.Properties = append(c.Properties, property{name, s.Value})
	}
	return c, nil
}
