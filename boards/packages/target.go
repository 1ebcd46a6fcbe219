package main

import (
	"os"
	"path/filepath"
	"strings"
)

// packageName is what apt and opkg call it; the program has the same name.
const packageName = "edgesio-gateway"

// target is what a board's package managers call its machine.
type target struct {
	deb string   // Debian's architecture, "": no .deb
	ipk []string // OpenWrt's names for what this binary runs on, none: no .ipk

	// needs is what the .deb asks the machine for before it unpacks, where another machine of the same architecture
	// would end with an illegal instruction: a case of the preinst script.
	needs string
}

// targets has a row for each profile. OpenWrt's names are those of its package feeds (DISTRIB_ARCH); each stands once,
// so that the .ipk files of all boards can lie in one feed. Debian has no big-endian MIPS, and its armel and armhf are
// what OpenWrt has several names for. Raspberry Pi OS calls ARMv6 armhf, which is ARMv7 in Debian.
var targets = map[string]target{
	"rpi-zero": {deb: "armhf", ipk: []string{"arm_arm1176jzf-s_vfp"}},
	"rpi2":     {deb: "armhf", ipk: []string{"arm_cortex-a7_neon-vfpv4"}, needs: "armv7"},
	"rpi3":     {deb: "arm64", ipk: []string{"aarch64_cortex-a53", "aarch64_generic"}},
	"rpi4":     {deb: "arm64", ipk: []string{"aarch64_cortex-a72"}},
	"rpi5":     {deb: "arm64", ipk: []string{"aarch64_cortex-a76"}, needs: "atomics"},
	"kirkwood": {deb: "armel", ipk: []string{"arm_xscale", "arm_arm926ej-s"}}, // OpenWrt's kirkwood is arm_xscale
	"ath79":    {ipk: []string{"mips_24kc"}},
	"ramips":   {ipk: []string{"mipsel_24kc"}},
	"octeon":   {ipk: []string{"mips64_octeonplus", "mips64_mips64r2"}},
	"mips64le": {deb: "mips64el", ipk: []string{"mips64el_mips64r2"}},
	"riscv64":  {deb: "riscv64", ipk: []string{"riscv64_riscv64", "riscv64_generic"}}, // the second since 25.12
	"x86-64":   {deb: "amd64", ipk: []string{"x86_64"}},
	"edgeros":  {deb: "armhf", needs: "armv7"},
}

// The names of the files. Several boards have the same Debian architecture, so theirs end with the board.
func debName(board, version string) string {
	return packageName + "_" + version + "_" + targets[board].deb + "_" + board + ".deb"
}
func ipkName(arch, version string) string { return packageName + "_" + version + "_" + arch + ".ipk" }
func tarName(board, version string) string {
	return packageName + "_" + version + "_" + board + ".tar.gz"
}

// removeOld removes a board's packages of any version.
func removeOld(dir, board string) error {
	patterns := []string{debName(board, "*"), tarName(board, "*")}
	for _, arch := range targets[board].ipk {
		patterns = append(patterns, ipkName(arch, "*"))
	}
	for _, p := range patterns {
		list, err := filepath.Glob(filepath.Join(dir, p))
		if err != nil {
			return err
		}
		for _, path := range list {
			// A version has no "_": what matches with one is another board's.
			if strings.Count(filepath.Base(path), "_") != strings.Count(p, "_") {
				continue
			}
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}
