//go:build !nosourcemaps

package sio

import "embed"

// sourceMaps are the source maps of the bundle, as stock Socket.IO serves them: 170 kB. The build tag nosourcemaps
// leaves them out.
//
//go:embed all:sourcemaps
var sourceMaps embed.FS
