package main

import (
	"bytes"
	"log"
	"strconv"
)

const pollingPath = "/socket.io/?EIO=4&transport=polling"

// open is a client that opens a session by polling, joins the main namespace and
// ends it, again and again on one connection.
func (r *rig) open(n int) int {
	fd := r.k.dial()
	check(r.loop.Poll(0))
	input := make([]byte, 0, 1024)
	target := make([]byte, 0, 256)
	ask := func(request []byte) {
		r.k.send(fd, request)
		r.turn()
	}
	r.k.keep = make([]byte, 0, 1024)
	for range n {
		ask(append(append(append(input[:0], "GET "...), pollingPath...), " HTTP/1.1\r\nHost: a\r\n\r\n"...))
		target = append(append(append(target[:0], pollingPath...), "&sid="...), r.sid()...)
		ask(appendPost(input[:0], target, "40"))
		ask(append(append(append(input[:0], "GET "...), target...), " HTTP/1.1\r\nHost: a\r\n\r\n"...))
		ask(appendPost(input[:0], target, "1"))
	}
	return 1
}

// sid reads it from the answer that opened a session; it is valid until the next
// answer.
func (r *rig) sid() []byte {
	_, rest, _ := bytes.Cut(r.k.keep, []byte(`"sid":"`))
	sid, _, ok := bytes.Cut(rest, []byte{'"'})
	if !ok {
		log.Fatalf("no session: %s", r.k.keep)
	}
	return sid
}

func appendPost(b, target []byte, body string) []byte {
	b = append(append(append(b, "POST "...), target...), " HTTP/1.1\r\nHost: a\r\n"...)
	b = append(b, "Content-Type: text/plain;charset=UTF-8\r\n"...)
	b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(len(body)), 10), "\r\n\r\n"...)
	return append(b, body...)
}

// heartbeat sleeps until the ping is due, again and again: a ping and its pong, each
// with a turn of its own, which is what an idle client costs.
func (r *rig) heartbeat(n int) int {
	fd := r.join()
	pong := frame("3")
	input := make([]byte, len(pong))
	for range n {
		for before := r.k.written; r.k.written == before; {
			check(r.loop.Poll(-1))
		}
		copy(input, pong)
		r.k.send(fd, input)
		check(r.loop.Poll(0))
	}
	return 1
}

var product = 1.0

// float is a multiplication of floating point, and no message: it shows that a count
// of those would find one.
func float(n int) int {
	for range n {
		product *= 1.01
	}
	return int(min(product, 1))
}
