package main

import (
	"io/fs"
	"log/slog"
	"strconv"

	"github.com/edgesio/edgesio/boards"
	"github.com/edgesio/edgesio/boards/gateway/settings"
)

// Names of -profile that are no board's.
const autoProfile, noProfile = "auto", "none"

// profileNames are what -profile may be.
func profileNames() []string {
	names := []string{autoProfile, noProfile}
	for _, p := range boards.Profiles() {
		names = append(names, p.Name)
	}
	return names
}

// chooseProfile is the profile of a name, or of the machine, with limits that fit it; without a name for none, or for
// one that there is not.
func chooseProfile(name string, root fs.FS) boards.Profile {
	if name == autoProfile {
		return boards.Detect(readMachine(root))
	}
	p, _ := boards.ByName(name)
	return p
}

func readMachine(root fs.FS) boards.Machine {
	m := boards.ReadMachine(root)
	m.Container = int64(min(containerLimit(root), 1<<50))
	return m
}

// profileSettings are the settings that a profile has a value for.
func profileSettings(p boards.Profile, tls bool) (list []settings.Given) {
	if p.Name == "" {
		return nil
	}
	conns := p.MaxConns
	if tls {
		conns = p.MaxTLSConns
	}
	for _, s := range [...]struct {
		name  string
		value int
	}{
		{"memory-share", p.MemoryShare}, {"gc", p.GCPercent}, {"max-conns", conns}, {"max-payload", p.MaxPayload},
		{"output-soft", p.SoftOutput}, {"output-hard", p.HardOutput}, {"read-buffer", p.ReadBuffer},
		{"socket-buffers", p.SocketBuffer},
	} {
		list = append(list, settings.FromProfile(p.Name, s.name, strconv.Itoa(s.value)))
	}
	return list
}

// logProfile tells which board the program believes it is on.
func (c *config) logProfile(root fs.FS) {
	if c.board.Name != "" {
		m := readMachine(root)
		slog.Info("profile", "name", c.board.Name, "model", m.Model, "arch", m.Arch, "ram", m.RAM, "cores", m.Cores)
		if c.profile == autoProfile && !c.board.Fits() {
			slog.Warn("this is less memory than the smallest limits need: the kernel may end the program",
				"memory", c.board.RAM, "needed", c.board.Total())
		}
	}
}
