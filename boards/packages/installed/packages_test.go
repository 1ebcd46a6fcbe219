package installed

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var folder = flag.String("packages", "", "`folder` with the packages to test")

func TestMain(m *testing.M) {
	flag.Parse()
	if *folder == "" {
		fmt.Println("no packages to test: make test-packages builds them")
		os.Exit(0)
	}
	var err error
	if *folder, err = filepath.Abs(*folder); err != nil {
		panic(err)
	}
	if os.Getuid() != 0 {
		fmt.Println("packages are installed by root only")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const unit = "edgesio-gateway.service"
