package webapp

import "strings"

// typeOf has the media types of what gateways serve. The system's own table is
// not read: on a board it is missing or behind a slow disk.
var typeOf = map[string]string{
	"aac": "audio/aac", "avif": "image/avif", "bin": "application/octet-stream",
	"bmp": "image/bmp", "css": "text/css; charset=utf-8", "csv": "text/csv; charset=utf-8",
	"eot": "application/vnd.ms-fontobject", "gif": "image/gif", "gz": "application/gzip",
	"htm": "text/html; charset=utf-8", "html": "text/html; charset=utf-8",
	"ico": "image/x-icon", "ics": "text/calendar; charset=utf-8",
	"jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript; charset=utf-8",
	"json": "application/json; charset=utf-8", "m3u8": "application/vnd.apple.mpegurl",
	"map": "application/json; charset=utf-8", "md": "text/markdown; charset=utf-8",
	"mjs": "text/javascript; charset=utf-8", "mp3": "audio/mpeg", "mp4": "video/mp4",
	"ogg": "audio/ogg", "otf": "font/otf", "pdf": "application/pdf", "png": "image/png",
	"svg": "image/svg+xml", "tar": "application/x-tar", "text": "text/plain; charset=utf-8",
	"ts": "video/mp2t", "ttf": "font/ttf", "txt": "text/plain; charset=utf-8",
	"wasm": "application/wasm", "wav": "audio/wav", "weba": "audio/webm",
	"webm": "video/webm", "webmanifest": "application/manifest+json; charset=utf-8",
	"webp": "image/webp", "woff": "font/woff", "woff2": "font/woff2",
	"xhtml": "application/xhtml+xml", "xml": "application/xml; charset=utf-8",
	"zip": "application/zip",
}

// typeByExtension is the media type of a file name or of an extension, with or
// without its dot; application/octet-stream if it is not known.
func typeByExtension(name string) string {
	ext := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	if t, ok := typeOf[ext]; ok {
		return t
	}
	return "application/octet-stream"
}
