package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// clientTree is a project with a browser client of two files, released from four packages of npm.
func clientTree(t *testing.T) (*toolchain, []pack) {
	t.Helper()
	root := t.TempDir()
	const sha = "sha512-AAAA"
	lock := map[string]any{"packages": map[string]any{
		"": map[string]any{"name": "bundle"},
		"node_modules/socket.io-client": map[string]any{"version": "9.0.0", "integrity": sha, "license": "MIT",
			"dependencies": map[string]string{"debug": "~1.0.0", "@socket.io/component-emitter": "~1.0.0", "ws": "~8.0.0"}},
		"node_modules/debug":                        map[string]any{"version": "1.0.1", "integrity": sha, "license": "MIT"},
		"node_modules/@socket.io/component-emitter": map[string]any{"version": "1.0.2", "integrity": sha, "license": "MIT"},
		"node_modules/ws":                           map[string]any{"version": "8.0.0", "integrity": sha, "license": "MIT"},
	}}
	text, err := json.Marshal(lock)
	if err != nil {
		t.Fatal(err)
	}
	write(t, root, npmDir+"/package-lock.json", string(text))
	brought := map[string]string{
		"../build/esm/index.js":                              "socket.io-client/build/esm/index.js",
		"../../socket.io-component-emitter/lib/esm/index.js": "@socket.io/component-emitter/lib/esm/index.js",
		"../../../node_modules/debug/src/common.js":          "debug/src/common.js",
	}
	for source, path := range brought {
		write(t, root, npmDir+"/node_modules/"+path, "// "+source)
	}
	for name, sources := range map[string][]string{
		"socket.io.js":     keys(brought),
		"socket.io.min.js": slices.DeleteFunc(keys(brought), func(s string) bool { return strings.Contains(s, "debug") }),
	} {
		var m struct {
			Sources        []string `json:"sources"`
			SourcesContent []string `json:"sourcesContent"`
		}
		for _, s := range sources {
			m.Sources, m.SourcesContent = append(m.Sources, s), append(m.SourcesContent, "// "+s)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		write(t, root, npmDir+"/node_modules/socket.io-client/dist/"+name+".map", string(text))
		write(t, root, "sio/dist/"+name+".gz", "packed "+name)
	}
	sio := pack{
		Dir: filepath.Join(root, "sio"), ImportPath: module + "/sio",
		EmbedFiles: []string{"dist/VERSION", "dist/socket.io.js.gz", "dist/socket.io.min.js.gz"},
	}
	if err := json.Unmarshal([]byte(`{"Module":{"Path":"`+module+`","Main":true}}`), &sio); err != nil {
		t.Fatal(err)
	}
	return &toolchain{root: root}, []pack{sio, {ImportPath: "fmt", Standard: true}}
}

// about is a document about a program called ref.
func about(ref string) *document {
	d := &document{Dependencies: []dependency{{Ref: ref}}}
	d.Metadata.Component.Ref = ref
	return d
}

func TestClientParts(t *testing.T) {
	tool, packs := clientTree(t)
	d := about("gateway")
	if err := d.addClient(tool, packs); err != nil {
		t.Fatal(err)
	}
	const both, one = "sio/dist/socket.io.js.gz sio/dist/socket.io.min.js.gz", "sio/dist/socket.io.js.gz"
	got := make(map[string]string)
	for _, c := range d.Components {
		got[c.PURL] = c.Properties[0].Value
		if c.Hashes[0] != (digest{"SHA-512", "000000"}) {
			t.Errorf("%s has the hash %v", c.Ref, c.Hashes)
		}
	}
	want := map[string]string{ // not ws, which is for Node.js
		"pkg:npm/socket.io-client@9.0.0": both, "pkg:npm/%40socket.io/component-emitter@1.0.2": both, "pkg:npm/debug@1.0.1": one,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the client has %v, want %v", got, want)
	}
	for _, dep := range []dependency{
		{"gateway", []string{"pkg:npm/socket.io-client@9.0.0"}},
		{"pkg:npm/socket.io-client@9.0.0", []string{"pkg:npm/%40socket.io/component-emitter@1.0.2", "pkg:npm/debug@1.0.1"}},
		{"pkg:npm/debug@1.0.1", nil},
	} {
		if !slices.ContainsFunc(d.Dependencies, func(is dependency) bool { return reflect.DeepEqual(is, dep) }) {
			t.Errorf("no dependency %v in %v", dep, d.Dependencies)
		}
	}

	for name, spoil := range map[string]func(){
		"differs from the version": func() { write(t, tool.root, npmDir+"/node_modules/debug/src/common.js", "// a later one") },
		"not in sio/bundle: add it": func() {
			write(t, tool.root, npmDir+"/package-lock.json", `{"packages":{"node_modules/debug":{}}}`)
		},
		"npm ci in sio/bundle brings": func() { os.RemoveAll(filepath.Join(tool.root, npmDir, "node_modules")) },
	} {
		tool, packs = clientTree(t)
		spoil()
		if err := about("gateway").addClient(tool, packs); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q is told as %v", name, err)
		}
	}
	if err := about("gateway").addClient(tool, packs[1:]); err != nil {
		t.Errorf("a program without the client: %v", err)
	}
}

func TestNPMPackage(t *testing.T) {
	for source, want := range map[string][2]string{
		"../build/esm-debug/url.js":                      {"socket.io-client", "build/esm-debug/url.js"},
		"../../engine.io-parser/build/esm/index.js":      {"engine.io-parser", "build/esm/index.js"},
		"../../../node_modules/ms/index.js":              {"ms", "index.js"},
		"../../../node_modules/@msgpack/x/lib/index.js":  {"@msgpack/x", "lib/index.js"},
		"../../socket.io-component-emitter/lib/index.js": {"@socket.io/component-emitter", "lib/index.js"},
		"alone": {"alone", ""},
	} {
		if name, file := npmPackage(source); name != want[0] || file != want[1] {
			t.Errorf("%s is %q of %q, want %q of %q", source, file, name, want[1], want[0])
		}
	}
}

// The bill of a real program has the modules that the compiler noted, with the hashes of go.sum, and is the same twice.
func TestBill(t *testing.T) {
	tool, err := newToolchain()
	if err != nil {
		t.Fatal(err)
	}
	b := buildOf(t, "x86-64")
	target := &target{build: b, env: b.Env()}
	o := options{pkg: "./webapp/clients/server", version: "v1.0.0"}
	target.file = builtFrom(t, tool, o.pkg, b, append(arguments(o.version), "-pgo=off"))
	first, err := sbom(tool, o, target)
	if err != nil {
		t.Fatal(err)
	}
	second, err := sbom(tool, o, target)
	if err != nil || string(first) != string(second) {
		t.Errorf("a second bill is another one, %v", err)
	}
	sums, err := os.ReadFile(filepath.Join(tool.root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(first, &d); err != nil {
		t.Fatal(err)
	}
	refs := map[string]bool{d.Metadata.Component.Ref: true}
	for _, c := range d.Components {
		refs[c.Ref] = true
		if c.Name == "stdlib" {
			continue
		}
		sum := c.Properties[0].Value
		if !strings.Contains(string(sums), c.Name+" "+c.Version+" "+sum+"\n") {
			t.Errorf("%s %s %s is not of go.sum", c.Name, c.Version, sum)
		}
		if len(c.Hashes[0].Content) != 64 || c.Licenses == nil {
			t.Errorf("%s has hash %v and license %v", c.Name, c.Hashes, c.Licenses)
		}
	}
	if !refs["pkg:golang/stdlib@"+strings.TrimPrefix(d.Metadata.Tools.Components[0].Version, "go")] || len(refs) < 3 {
		t.Errorf("the components are %v", keys(refs))
	}
	for _, dep := range d.Dependencies {
		for _, ref := range append(dep.DependsOn, dep.Ref) {
			if !refs[ref] {
				t.Errorf("%s is needed and not listed", ref)
			}
		}
	}
}

func TestEncode(t *testing.T) {
	of := func(order ...string) *document {
		d := about("gateway")
		for _, ref := range order {
			d.Components = append(d.Components, &component{Ref: ref})
			d.Dependencies[0].DependsOn = append(d.Dependencies[0].DependsOn, ref)
		}
		return d
	}
	text := func(d *document) string {
		b, err := d.encode()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	one, two, three := of("a", "b"), of("b", "a"), of("a", "c")
	if text(one) != text(two) || one.Serial != two.Serial {
		t.Error("the order counts")
	}
	if text(three); three.Serial == one.Serial || len(one.Serial) != len("urn:uuid:")+36 || one.Serial[9+14] != '8' {
		t.Errorf("serial numbers %s and %s", one.Serial, three.Serial)
	}
	if text(one) != text(one) {
		t.Error("encoded twice, it is another one")
	}
	if strings.Contains(text(one), "timestamp") {
		t.Error("it has a time that nobody gave")
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	if !strings.Contains(text(one), `"timestamp": "2023-11-14T22:13:20Z"`) {
		t.Error("it has not the time of SOURCE_DATE_EPOCH")
	}
	t.Setenv("SOURCE_DATE_EPOCH", "today")
	if _, err := one.encode(); err == nil {
		t.Error("SOURCE_DATE_EPOCH=today is taken")
	}
}
