//go:build linux

package installed

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var (
	folder   = flag.String("packages", "", "`folder` with the packages to test")
	binaries = flag.String("binaries", "", "`folder` with NAME/gateway for each board that they were made of")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *folder == "" {
		fmt.Println("no packages to test: make test-packages builds them")
		os.Exit(0)
	}
	for _, path := range []*string{folder, binaries} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			panic(err)
		}
		if *path != "" {
			*path = abs
		}
	}
	if os.Getuid() != 0 {
		fmt.Println("packages are installed by root only")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const unit = "edgesio-gateway.service"
