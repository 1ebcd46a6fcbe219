//go:build nosourcemaps

package sio

import "embed"

// sourceMaps are none: a browser's developer tools show the scripts as they are.
var sourceMaps embed.FS
