module github.com/edgesio/edgesio

go 1.26.0

require (
	github.com/gobwas/ws v1.5.0
	github.com/tinylib/msgp v1.6.5
	golang.org/x/sys v0.49.0
)

require (
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
)
