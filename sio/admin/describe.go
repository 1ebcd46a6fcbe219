package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/sio"
)

// described is a socket as the page shows it.
type described struct {
	ID        string    `json:"id"`
	ClientID  string    `json:"clientId"`
	Transport string    `json:"transport"`
	Namespace string    `json:"nsp"`
	Data      any       `json:"data"`
	Handshake handshake `json:"handshake"`
	Rooms     []string  `json:"rooms"`
}

type handshake struct {
	Address string            `json:"address"`
	Headers map[string]string `json:"headers"`
	Query   map[string]any    `json:"query"`
	Issued  int64             `json:"issued"` // ms
	Secure  bool              `json:"secure"`
	Time    string            `json:"time"`
	URL     string            `json:"url"`
	XDomain bool              `json:"xdomain"`
}

const (
	maxRooms = 64  // of a socket that are shown
	maxValue = 512 // bytes of a header, a parameter and the URL
	idBytes  = 12  // of a session's id: who knows all of it could take the session over
)

// describe is a socket as JSON.
func (a *Admin) describe(s *sio.Socket) []byte {
	h := s.Handshake()
	d := described{ID: s.ID(), Transport: transport(s), Namespace: s.Namespace().Name(), Data: struct{}{},
		Rooms: s.Rooms(), Handshake: handshake{Address: h.Address(), Headers: map[string]string{},
			Query: map[string]any{}, Issued: h.Issued().UnixMilli(), Secure: h.Secure(), Time: h.Time(),
			URL: a.shownURL(h.URL()), XDomain: h.XDomain()}}
	if c := s.Conn(); c != nil {
		d.ClientID = c.ID()[:min(len(c.ID()), idBytes)]
	}
	d.Rooms = d.Rooms[:min(len(d.Rooms), maxRooms)]
	for name, value := range h.Headers {
		d.Handshake.Headers[name] = a.shown(name, value)
	}
	_, query, _ := strings.Cut(h.URL(), "?")
	values, _ := url.ParseQuery(query)
	for name, list := range values {
		for i := range list {
			list[i] = a.shown(name, list[i])
		}
		if d.Handshake.Query[name] = any(list); len(list) == 1 {
			d.Handshake.Query[name] = list[0]
		}
	}
	if a.options.Data != nil {
		d.Data = a.options.Data(s)
	}
	text, err := json.Marshal(d)
	if err != nil { // it is the data
		d.Data = map[string]string{"error": err.Error()}
		text, _ = json.Marshal(d)
	}
	return text
}

// transport is "" when the program may not look at its connections.
func transport(s *sio.Socket) string {
	if c := s.Conn(); c != nil {
		return c.Transport()
	}
	return ""
}

// secrets are hidden in any case.
var secrets = []string{"authorization", "cookie", "proxy-authorization", "edger-token", "edger-srand", "token",
	"access_token"}

const masked = "***"

// shown is a value of a header or a parameter.
func (a *Admin) shown(name, value string) string {
	if slices.ContainsFunc(a.options.Hide, func(s string) bool { return strings.EqualFold(s, name) }) {
		return masked
	}
	return value[:min(len(value), maxValue)]
}

// shownURL is a request target without the secrets of its query.
func (a *Admin) shownURL(target string) string {
	path, query, ok := strings.Cut(target, "?")
	if !ok {
		return target[:min(len(target), maxValue)]
	}
	pairs := strings.Split(query, "&")
	for i, p := range pairs {
		name, _, _ := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); err != nil || a.shown(plain, "") != "" {
			pairs[i] = name + "=" + masked
		}
	}
	target = path + "?" + strings.Join(pairs, "&")
	return target[:min(len(target), maxValue)]
}

// appendText appends s as a JSON string.
func appendText(dst []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...)
	}
	return append(dst, b...)
}

// appendShown appends an argument, JSON, if it has room, or what stands for it.
func appendShown(dst, raw []byte, room int) []byte {
	switch {
	case len(raw) == 0:
		return append(dst, "null"...)
	case bytes.HasPrefix(raw, []byte(`{"_placeholder":true`)):
		return append(dst, `"<binary>"`...)
	case len(raw) > room:
		return appendText(dst, "<"+strconv.Itoa(len(raw))+" bytes>")
	}
	return append(dst, raw...)
}

// appendProgram is appendShown for JSON that the program made, and that nobody has checked.
func appendProgram(dst, raw []byte, room int) []byte {
	if len(raw) <= room && !json.Valid(raw) {
		return append(dst, `"<invalid>"`...)
	}
	return appendShown(dst, raw, room)
}

// appendAny appends an argument that is emitted.
func appendAny(dst []byte, v any, room int) []byte {
	switch v := v.(type) {
	case []byte, sio.Binary:
		return append(dst, `"<binary>"`...)
	case sio.Value:
		return appendShown(dst, v.Raw(), room)
	case string:
		if len(v) > room {
			return appendText(dst, "<"+strconv.Itoa(len(v))+" bytes>")
		}
	case json.RawMessage: // Marshal would look through it
		return appendProgram(dst, v, room)
	case sio.Raw:
		return appendProgram(dst, v, room)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return appendText(dst, fmt.Sprintf("<%T>", v))
	}
	return appendShown(dst, raw, room)
}
