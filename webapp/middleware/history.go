package middleware

import (
	"regexp"
	"strings"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// HistoryOptions say which page a single-page app's paths are. The zero value is
// ready to use.
type HistoryOptions struct {
	// Index is the page. Default "/index.html".
	Index string
	// Rewrites are tried in their order before the rules below.
	Rewrites []HistoryRewrite
	// AllowDots takes paths with a dot in their last segment, too, which are
	// files' otherwise.
	AllowDots bool
	// Accepts are the types that a request for a page accepts. Default "text/html"
	// and "*/*".
	Accepts []string
}

// A HistoryRewrite sends paths that match to another one; "$1" and the like in To
// are what the groups matched.
type HistoryRewrite struct {
	From *regexp.Regexp // linear in time whatever a peer sends
	To   string
}

// History makes the paths of a single-page app its page: a GET or HEAD that
// accepts HTML, not JSON before all, and has no dot in its last segment, is one
// for Index. It is used in the app's own router, in front of Static.
func History(o HistoryOptions) webapp.Middleware {
	set(&o.Index, "/index.html")
	if o.Accepts == nil {
		o.Accepts = []string{"text/html", "*/*"}
	}
	return webapp.Member(eos.MiddlewareHistory, func(req *webapp.Request, _ *webapp.Response, next webapp.Next) {
		if to := o.target(req); to != "" {
			if !req.Rewrite(to) {
				next(&webapp.Error{Status: 400, Message: "path is not clean"})
				return
			}
		}
		next(nil)
	})
}

// target is the path that a request is rewritten to, "" for none.
func (o *HistoryOptions) target(req *webapp.Request) string {
	if m := req.Method(); m != "GET" && m != "HEAD" {
		return ""
	}
	accept := strings.ToLower(req.Header("Accept"))
	if accept == "" || strings.HasPrefix(accept, "application/json") || !o.accepts(accept) {
		return ""
	}
	path := req.Path()
	for _, r := range o.Rewrites {
		if at := r.From.FindStringSubmatchIndex(path); at != nil {
			return string(r.From.ExpandString(nil, r.To, path, at))
		}
	}
	if !o.AllowDots && strings.IndexByte(path[strings.LastIndexByte(path, '/')+1:], '.') >= 0 {
		return ""
	}
	return o.Index
}

func (o *HistoryOptions) accepts(accept string) bool {
	for item := range strings.SplitSeq(accept, ",") {
		kind, _, _ := strings.Cut(item, ";")
		kind = strings.Trim(kind, " \t")
		for _, a := range o.Accepts {
			if kind == a {
				return true
			}
		}
	}
	return false
}
