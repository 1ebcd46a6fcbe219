//go:build !linux

package blackbox

import "errors"

// halfOpen needs network namespaces.
func halfOpen(x *exchange) string {
	x.cannot(errors.ErrUnsupported)
	return ""
}
