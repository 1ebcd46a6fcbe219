package webapp

import (
	"maps"
	"slices"
)

// methods are the ones that are known, as Node's list without CONNECT, which
// asks for a proxy. Others are answered 501. The map interns the names.
var methods = map[string]string{
	"ACL": "ACL", "BIND": "BIND", "CHECKOUT": "CHECKOUT", "COPY": "COPY",
	"DELETE": "DELETE", "GET": "GET", "HEAD": "HEAD", "LINK": "LINK",
	"LOCK": "LOCK", "M-SEARCH": "M-SEARCH", "MERGE": "MERGE",
	"MKACTIVITY": "MKACTIVITY", "MKCALENDAR": "MKCALENDAR", "MKCOL": "MKCOL",
	"MOVE": "MOVE", "NOTIFY": "NOTIFY", "OPTIONS": "OPTIONS", "PATCH": "PATCH",
	"POST": "POST", "PROPFIND": "PROPFIND", "PROPPATCH": "PROPPATCH",
	"PURGE": "PURGE", "PUT": "PUT", "REBIND": "REBIND", "REPORT": "REPORT",
	"SEARCH": "SEARCH", "SOURCE": "SOURCE", "SUBSCRIBE": "SUBSCRIBE",
	"TRACE": "TRACE", "UNBIND": "UNBIND", "UNLINK": "UNLINK",
	"UNLOCK": "UNLOCK", "UNSUBSCRIBE": "UNSUBSCRIBE",
}

// Methods are the methods that a route may have, in alphabetical order: all of
// the platform's but CONNECT.
func Methods() []string { return slices.Sorted(maps.Keys(methods)) }

// checkMethod panics on a method that is not known: the program's author wrote it.
func checkMethod(method string) {
	if methods[method] == "" {
		panic("webapp: unknown method " + method)
	}
}

// isMethod tells whether a token could be a method: capitals and hyphens.
func isMethod(name []byte) bool {
	for _, c := range name {
		if c != '-' && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// methodOf is the name of a known method, else "".
func methodOf(name []byte) string {
	switch string(name) {
	case "GET": // nearly all requests are one of these
		return "GET"
	case "POST":
		return "POST"
	}
	return methods[string(name)]
}
