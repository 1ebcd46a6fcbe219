package webapp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/edgesio/edgesio/eos"
)

// asker is the request that the calls below are made in: POST /h/5?q=1 with headers, a cookie and a body.
const asker = "POST /h/5?q=1 HTTP/1.1\r\nHost: a\r\nCookie: c=7\r\nOrigin: http://o\r\nX-A: 1\r\n" +
	"X-Requested-With: XMLHttpRequest\r\nContent-Length: 2\r\n\r\nhi"

// calls are the rows of request, response and http: what the methods tell and the status and body of the answer, where
// they are allowed and where not. The answer to what does not complete the response is an empty 200.
var calls = []struct {
	api             eos.API
	allowed, denied string
	call            func(req *Request, res *Response) string
}{
	{eos.RequestApp, "true 200", "false 200", func(req *Request, _ *Response) string {
		return fmt.Sprint(req.App() != nil)
	}},
	{eos.RequestProtocol, "http false 200", " false 200", func(req *Request, _ *Response) string {
		return fmt.Sprint(req.Protocol(), " ", req.Secure())
	}},
	{eos.RequestPath, "/h/5 /h/5 [] 200", "  [] 200", func(req *Request, _ *Response) string {
		return req.Path() + " " + req.SubPath() + " [" + req.BaseURL() + "]"
	}},
	{eos.RequestParams, "5 1 200", " 0 200", func(req *Request, _ *Response) string {
		n := 0
		req.EachParam(func(string, []byte) bool { n++; return true })
		return fmt.Sprint(req.Param("id"), " ", n)
	}},
	{eos.RequestQuery, "1 1 [1] q=1 1 200", "  []  0 200", func(req *Request, _ *Response) string {
		n := 0
		req.EachQuery(func(_, _ []byte) bool { n++; return true })
		v, _ := req.QueryLookup("q")
		return fmt.Sprint(req.Query("q"), " ", string(v), " ", req.QueryAll("q"), " ", string(req.RawQuery()), " ", n)
	}},
	{eos.RequestCookies, "7 7 1 200", "  0 200", func(req *Request, _ *Response) string {
		n := 0
		req.EachCookie(func(_, _ []byte) bool { n++; return true })
		v, _ := req.CookieLookup("c")
		return fmt.Sprint(req.Cookie("c"), " ", string(v), " ", n)
	}},
	{eos.RequestBody, "hi <nil> p; hi <nil> 200", " E <nil>;  E 200", func(req *Request, _ *Response) (got string) {
		req.SetParsed("p")
		req.Body(10, func(b []byte, err error) { got = fmt.Sprint(string(b), " ", err, " ", req.Parsed(), "; ") })
		if strings.HasPrefix(got, "hi") { // it is read: once only
			return got + "hi <nil>"
		}
		data := ""
		req.OnData(10, func(p []byte) { data += string(p) }, func(err error) { got += fmt.Sprint(data, " ", err) })
		return got
	}},
	{eos.RequestGet, "1 1 200", "  200", header},
	{eos.RequestHeader, "1 1 200", "  200", header},
	{eos.RequestOrigin, "http://o 200", " 200", func(req *Request, _ *Response) string { return req.Origin() }},
	{eos.RequestXHR, "true 200", "false 200", func(req *Request, _ *Response) string {
		return fmt.Sprint(req.XHR())
	}},
	{eos.RequestHost, "a a 200", "  200", func(req *Request, _ *Response) string {
		return req.Host() + " " + req.Hostname()
	}},
	{eos.RequestIP, "true true 200", "false false 200", func(req *Request, _ *Response) string {
		return fmt.Sprint(req.IP().IsValid(), " ", req.RemoteAddr().IsValid())
	}},
	{eos.RequestEOS, "A1 200", " 200", func(req *Request, _ *Response) string {
		req.SetEOS(verified)
		return req.EOS().Acoid()
	}},
	{eos.RequestURL, "/h/5?q=1 /h/5?q=1 /h/5?q=1 200", "   200", func(req *Request, _ *Response) string {
		return req.Target() + " " + string(req.RawTarget()) + " " + req.LogTarget()
	}},
	{eos.RequestMethod, "POST 200", " 200", func(req *Request, _ *Response) string { return req.Method() }},
	{eos.RequestHeaders, "6 200", "0 200", func(req *Request, _ *Response) string {
		n := 0
		req.EachHeader(func(_, _ []byte) bool { n++; return true })
		return fmt.Sprint(n)
	}},
	{eos.RequestHTTPVersion, "1.1 1 200", " 0 200", func(req *Request, _ *Response) string {
		return fmt.Sprint(req.HTTPVersion(), " ", req.Minor())
	}},
	{eos.RequestKeepAlive, "true 200", "false 200", func(req *Request, _ *Response) string {
		return fmt.Sprint(req.KeepAlive())
	}},
	{eos.RequestUpgrade, "true 200", "false 200", func(req *Request, _ *Response) string {
		req.head.flags |= saysUpgrade | hasUpgrade
		return fmt.Sprint(req.Upgrade())
	}},
	{eos.ResponseSend, " 200hi", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.Send("hi")
		return ""
	}},
	{eos.ResponseSend, " 200hi", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.SendBytes([]byte("hi"))
		return ""
	}},
	{eos.ResponseSend, " 200hi", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.SendCompressed([]byte("hi"))
		return ""
	}},
	{eos.ResponseJSON, " 2001", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.JSON(1)
		return ""
	}},
	{eos.ResponseSendStatus, " 404Not Found", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.SendStatus(404)
		return ""
	}},
	{eos.ResponseSendFile, " 200text", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.SendFileFS(shelf, "a.txt")
		return ""
	}},
	{eos.ResponseSendFile, " 404Not Found", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.Download("none/such", "")
		return ""
	}},
	{eos.ResponseStatus, " 201", " 200", func(_ *Request, res *Response) string { res.Status(201); return "" }},
	{eos.ResponseType, "text/html; charset=utf-8 200", " 200", func(_ *Request, res *Response) string {
		return res.Type("html").field("Content-Type")
	}},
	{eos.ResponseSet, "6 200", "0 200", setting},
	{eos.ResponseHeader, "6 200", "0 200", setting},
	{eos.ResponseSetHeader, "6 200", "0 200", setting},
	{eos.ResponseGet, "1 200", " 200", func(_ *Request, res *Response) string {
		return res.set("X", "1").Get("X")
	}},
	{eos.ResponseGetHeader, "1 200", " 200", func(_ *Request, res *Response) string {
		return res.set("X", "1").Get("X")
	}},
	{eos.ResponseCookie, "c=1; Path=/ 200", " 200", func(_ *Request, res *Response) string {
		return res.Cookie(Cookie{Name: "c", Value: "1"}).field("Set-Cookie")
	}},
	{eos.ResponseClearCookie, "true 200", "false 200", func(_ *Request, res *Response) string {
		return fmt.Sprint(res.ClearCookie(Cookie{Name: "c"}).field("Set-Cookie") != "")
	}},
	{eos.ResponseLocation, "/x 200", " 200", func(_ *Request, res *Response) string {
		return res.Location("/x").field("Location")
	}},
	{eos.ResponseRedirect, " 302Found. Redirecting to /x", " 500Internal Server Error",
		func(_ *Request, res *Response) string {
			res.Redirect("/x")
			return ""
		}},
	{eos.ResponseRender, " 200a.txt", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.c.srv.app.engines = map[string]Engine{"txt": plain{}}
		res.Render("a.txt", nil)
		return ""
	}},
	{eos.ResponseWrite, "ok 200hi", "dropped 200", func(_ *Request, res *Response) string {
		if res.Write([]byte("hi")) == 0 {
			return "ok"
		}
		return "dropped"
	}},
	{eos.ResponseEnd, " 200hi", " 500Internal Server Error", func(_ *Request, res *Response) string {
		res.End("hi")
		return ""
	}},
	{eos.ResponseHeadersSent, "true 200hi", "false 200hi", func(_ *Request, res *Response) string {
		res.end("hi")
		return fmt.Sprint(res.HeadersSent())
	}},
	{eos.ResponseRemoveHeader, " 200", "1 200", func(_ *Request, res *Response) string {
		return res.set("X", "1").Remove("X").field("X")
	}},
	{eos.ResponseWriteHead, "1 201", " 200", func(_ *Request, res *Response) string {
		return res.WriteHead(201, "X", "1").field("X")
	}},
}

var shelf = fstest.MapFS{"a.txt": {Data: []byte("text")}}

func header(req *Request, _ *Response) string {
	v, _ := req.HeaderLookup("X-A")
	return req.Header("X-A") + " " + string(v)
}

func setting(_ *Request, res *Response) string {
	res.Set("A", "1").Append("B", "2").SetFields(MakeFields("C", "3")).Vary("D").Links("next", "/").Attachment("")
	return fmt.Sprint(strings.Count(string(res.fields), "\n"))
}

// deny takes one row away from the app.
func deny(guard *eos.Guard, api eos.API) *eos.PermissionError {
	set := eos.DefaultMatrix().Allowed(eos.UserMode)
	set.Remove(api)
	guard.Narrow(set)
	var p *eos.PermissionError
	errors.As(guard.Check(api), &p)
	return p
}

func TestPermissionCalls(t *testing.T) {
	for _, row := range calls {
		for _, denied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v denied %v", row.api, denied), func(t *testing.T) {
				got := ""
				r := newRig(t, Options{}, func(app *App) {
					app.All("/h/:id", func(req *Request, res *Response) {
						got = row.call(req, res)
						if res.end(""); !res.Ended() {
							t.Error("the response has not ended")
						}
					})
				})
				guard, want, name := r.app.Guard(), row.allowed, ""
				if denied {
					want, name = row.denied, deny(guard, row.api).Error()
				}
				before := guard.Denials()
				res := r.once(asker)
				if name != "" {
					got = strings.ReplaceAll(got, name, "E")
				}
				got += fmt.Sprint(" ", res.StatusCode, res.body)
				count := guard.Denials() - before
				if got != want || (count > 0) != denied || count != guard.Denied(row.api)-before {
					t.Errorf("got %q, want %q; denied %d times", got, want, count)
				}
				if uint64(len(r.errs)) != count {
					t.Errorf("reported %v of %d", r.errs, count)
				}
				for _, err := range r.errs {
					if err.Error() != name {
						t.Errorf("reported: %v", err)
					}
				}
			})
		}
	}
}

// What is one row as a whole stops the request where it is denied: a middleware that keeps others out must not be
// passed. Allowed, it needs no other row.
func TestPermissionMembers(t *testing.T) {
	for api, m := range map[eos.API]Middleware{
		eos.WebAppStatic:  Static(shelf, StaticOptions{}),
		eos.MiddlewareEOS: EOSMiddleware(),
	} {
		r := newRig(t, Options{}, func(app *App) {
			app.Use("/", m)
			app.All("*", func(req *Request, res *Response) { res.End("behind " + req.Path()) })
		})
		if got := r.once(get("/x")); got.StatusCode != 200 || got.body != "behind /x" {
			t.Fatalf("%v: %d %q", api, got.StatusCode, got.body)
		}
		deny(r.app.Guard(), eos.RequestPath)
		want := map[eos.API]string{eos.WebAppStatic: "text", eos.MiddlewareEOS: "behind "}[api]
		if got := r.once(get("/a.txt")); got.StatusCode != 200 || got.body != want {
			t.Errorf("%v: %d %q", api, got.StatusCode, got.body)
		}
		r.errs = nil
		p := deny(r.app.Guard(), api)
		if got := r.once(get("/a.txt")); got.StatusCode != 500 || len(r.errs) != 1 || r.errs[0] != error(p) {
			t.Errorf("%v: %d %q, reported %v", api, got.StatusCode, got.body, r.errs)
		}
	}
}

// Engines are not the program's routes: they work whatever the program may call.
func TestPermissionOfEngines(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Server().Handle("/engine", func(req *Request, res *Response) { res.End(req.Path()) })
	})
	r.app.Guard().Narrow(eos.Set{})
	if got := r.once(get("/engine")); got.body != "/engine" || len(r.errs) != 0 {
		t.Errorf("%q %v", got.body, r.errs)
	}
}

// No row of the matrix that has a counterpart goes without a test.
func TestPermissionTable(t *testing.T) {
	tested := map[eos.API]bool{eos.WebAppStatic: true}
	for _, row := range appRows {
		tested[row.api] = true
	}
	for _, row := range calls {
		tested[row.api] = true
	}
	for _, row := range eos.DefaultMatrix().Rows() {
		switch row.Module {
		case "socket.io", "websocket", "middleware": // TestPermissionTable of packages sio, websocket, middleware
		case "account": // what this project has of it, a program asks for
		default:
			if row.Counterpart && !tested[row.API] {
				t.Errorf("%v is not tested", row.API)
			}
		}
	}
}
