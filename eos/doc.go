// Package eos is the user information of the platform, as its apps know it: who
// made a request, with what token, over which channel. It is a leaf: it knows
// nothing of HTTP or sockets, which carry it.
//
// An Info is made by the program's own check of a request, never from what a
// client claims:
//
//	sio.Options{AllowRequest: func(req *webapp.Request, decide func(error)) {
//		info, err := check(req.Query("edger-token"), req.Query("edger-srand"))
//		req.SetEOS(info)
//		decide(err)
//	}}
//
// From there it reaches sio.Handshake.EOS and eio.Session.EOS.
package eos
