// Package clients has tests only: curl, wrk and ab against a server of package
// webapp on the system's kernel.
//
//	make clients
package clients
