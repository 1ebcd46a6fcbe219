// Packages makes packages of the gateway that install as a service: .deb for Debian and its kin, .ipk for OpenWrt,
// and a .tar.gz with an install.sh for everything else. It takes the binaries that boards/build made:
//
//	go run ./boards/packages [-binaries .build/boards] [-out .build/packages] [-nfpm FILE] [-gateway FILE] all|NAME...
//
// OpenWrt has apk instead of opkg since 25.12, whose packages nothing here can make and try; there it is the .tar.gz.
//
// The same commit gives the same bytes. What a package contains lies in files/, and installed/ tests it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/edgesio/edgesio/boards"
	"github.com/edgesio/edgesio/boards/results"
)

// maker makes the packages of one run.
type maker struct {
	binaries, out, nfpm string
	source              source
	settings            []setting
}

func main() {
	m := maker{}
	flag.StringVar(&m.binaries, "binaries", ".build/boards", "`folder` with NAME/gateway for each board")
	flag.StringVar(&m.out, "out", ".build/packages", "`folder` for the packages and their SHA256SUMS")
	flag.StringVar(&m.nfpm, "nfpm", "nfpm", "`program` that packs .deb and .ipk")
	version := flag.String("version", "", "of the packages (default: what git tells)")
	gateway := flag.String("gateway", "", "`program` for this machine, which tells its settings (default: built)")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := m.run(*version, *gateway, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "packages:", err)
		os.Exit(1)
	}
}

// run makes the packages of the named boards.
func (m *maker) run(version, gateway string, names []string) error {
	profiles, err := named(names)
	if err != nil {
		return err
	}
	if m.source, err = readSource(version); err != nil {
		return err
	}
	if m.settings, err = askSettings(gateway); err != nil {
		return err
	}
	done, err := results.Open(m.out)
	if err != nil {
		return err
	}
	defer done()
	for _, p := range profiles {
		list, err := m.board(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		for _, name := range list {
			fmt.Println(filepath.Join(m.out, name))
		}
	}
	return results.WriteSums(m.out, packageName+"_*")
}

// board makes the packages of one board and returns their names. Older ones of the same board are removed.
func (m *maker) board(p boards.Profile) (names []string, err error) {
	t := targets[p.Name]
	s, err := newStage(p, m.source, m.settings, filepath.Join(m.binaries, p.Name, "gateway"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(s.dir) }()
	if err := removeOld(m.out, p.Name); err != nil {
		return nil, err
	}
	name := tarName(p.Name, m.source.version)
	if err := writeFile(filepath.Join(m.out, name), s.writeTar); err != nil {
		return nil, err
	}
	names = append(names, name)
	if t.deb != "" {
		name := debName(p.Name, m.source.version)
		if err := s.pack(m.nfpm, "deb", t.deb, filepath.Join(m.out, name)); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	for _, arch := range t.ipk {
		name := ipkName(arch, m.source.version)
		if err := s.pack(m.nfpm, "ipk", arch, filepath.Join(m.out, name)); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

// named are the profiles of the command line.
func named(names []string) ([]boards.Profile, error) {
	if len(names) == 1 && names[0] == "all" {
		return boards.Profiles(), nil
	}
	var list []boards.Profile
	for _, name := range names {
		p, ok := boards.ByName(name)
		if !ok {
			return nil, fmt.Errorf("there is no board %q", name)
		}
		list = append(list, p)
	}
	return list, nil
}
