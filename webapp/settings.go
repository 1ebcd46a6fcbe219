package webapp

import (
	"io/fs"
	"net/netip"
	"strings"

	"github.com/edgesio/edgesio/eos"
)

// settings is what the app's settings mean to its server.
type settings struct {
	proxies []netip.Prefix // "trust proxy"
	indent  string         // "json spaces"
	tags    tagKind        // "etag"
	domain  int            // "subdomain offset"
}

type tagKind uint8

const (
	noTags tagKind = iota
	weakTags
	strongTags
)

// Set keeps a setting. Those that mean something here, and else are only kept:
//
//	case sensitive routing   bool: RouterOptions.CaseSensitive of routes added from now on
//	strict routing           bool: RouterOptions.Strict, likewise
//	trust proxy              who is believed what X-Forwarded-For, -Proto and -Host say: a
//	                         string or []string of addresses, prefixes, "loopback",
//	                         "linklocal", "uniquelocal", or []netip.Prefix; default nobody.
//	                         true is refused: name the proxies
//	etag                     "weak" (true) or "strong": Send, SendBytes and JSON answer GET
//	                         with a tag of the body, and 304 to those that have it; default off
//	json spaces              int or string: how JSON is indented; default not at all
//	subdomain offset         int: the names of the domain, see Request.Subdomains; default 2
//	views                    fs.FS or a directory's path: given to engines, see Engine
//	view engine              string: the extension of names without one
//	x-powered-by             nothing: the header is never sent
//
// It panics on a value that such a setting cannot have: the program's author
// wrote it.
func (a *App) Set(name string, value any) *App { return a.put(eos.AppSet, name, value) }

func (a *App) put(api eos.API, name string, value any) *App {
	if !a.may(api) {
		return a
	}
	s := &a.server.set
	switch name {
	case "case sensitive routing":
		a.Router.options.CaseSensitive = truthy(value)
	case "strict routing":
		a.Router.options.Strict = truthy(value)
	case "trust proxy":
		s.proxies = parseProxies(value)
	case "etag":
		s.tags = parseTags(value)
	case "json spaces":
		s.indent = parseIndent(value)
	case "subdomain offset":
		n, ok := value.(int)
		if !ok || n < 0 {
			panic(`webapp: "subdomain offset" is an int that is not negative`)
		}
		s.domain = n
	case "views":
		value = a.setViews(value)
	case "view engine":
		if _, ok := value.(string); !ok {
			panic(`webapp: "view engine" is an extension`)
		}
	}
	a.settings[name] = value
	return a
}

func parseTags(value any) tagKind {
	switch value {
	case nil, false:
		return noTags
	case true, "weak":
		return weakTags
	case "strong":
		return strongTags
	}
	panic(`webapp: "etag" is true, false, "weak" or "strong"`)
}

func parseIndent(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case int:
		return strings.Repeat(" ", min(max(v, 0), 10))
	case string:
		if strings.Trim(v, " \t") == "" {
			return v
		}
	}
	panic(`webapp: "json spaces" is a number of spaces, or a text of spaces and tabs`)
}

// Setting is what Set kept, nil for nothing.
func (a *App) Setting(name string) any {
	if !a.may(eos.AppGet) {
		return nil
	}
	return a.settings[name]
}

// Enable is Set to true.
func (a *App) Enable(name string) *App { return a.put(eos.AppEnable, name, true) }

// Disable is Set to false.
func (a *App) Disable(name string) *App { return a.put(eos.AppDisable, name, false) }

// Enabled tells whether a setting is something: not nil, false, 0 or "".
func (a *App) Enabled(name string) bool { return a.may(eos.AppEnabled) && truthy(a.settings[name]) }

// Disabled is the contrary of Enabled.
func (a *App) Disabled(name string) bool {
	return a.may(eos.AppDisabled) && !truthy(a.settings[name])
}

func truthy(v any) bool { return v != nil && v != false && v != 0 && v != "" }

// setViews turns a path into a file system and tells the engines.
func (a *App) setViews(value any) fs.FS {
	var views fs.FS
	switch v := value.(type) {
	case fs.FS:
		views = v
	case string:
		dir, err := Dir(v)
		if err != nil {
			panic(`webapp: "views": ` + err.Error())
		}
		views = dir
	default:
		panic(`webapp: "views" is an fs.FS, or a directory's path`)
	}
	for _, e := range a.engines {
		setViews(e, views)
	}
	return views
}
