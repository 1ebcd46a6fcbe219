package httpbridge

import (
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/edgesio/edgesio/webapp"
)

// A response that somebody else ends lets go of the handler.
func TestEndedByOthers(t *testing.T) {
	begun, ended := make(chan bool, 1), make(chan bool, 1)
	r := newRig(t, Options{}, func(http.ResponseWriter, *http.Request) {})
	serve := Handler(r.loop, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		begun <- true
		<-req.Context().Done()
		ended <- true
	}), Options{})
	var held *webapp.Response
	r.app.Get("/own", func(req *webapp.Request, res *webapp.Response) {
		held = res
		serve(req, res)
	})
	p := r.k.Dial("127.0.0.1:80")
	p.WriteString(get("/own"))
	r.await("the handler", func() bool { return len(begun) == 1 })
	held.End("enough")
	r.await("its end", func() bool { return len(ended) == 1 })
	p.Close()
}

// A handler that leaves by runtime.Goexit cuts its client off and is not counted any more.
func TestGoexit(t *testing.T) {
	r := newRig(t, Options{MaxRequests: 1}, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/h/exit" {
			runtime.Goexit()
		}
		_, _ = io.WriteString(w, "here")
	})
	if a := r.ask(get("/h/exit")); a.err == nil {
		t.Error("a response came")
	}
	if a := r.ask(get("/h")); a.body != "here" {
		t.Error(a)
	}
}
