package boards

import "strings"

// fallbacks are the profiles of machines that are not known by name: the one with
// the smallest CPU that runs the same program. What is not in the list is a PC.
var fallbacks = [...][2]string{
	{"armv5", "kirkwood"}, {"armv6", "rpi-zero"}, {"arm64", "rpi3"}, {"arm", "edgeros"},
	{"mips64le", "mips64le"}, {"mips64", "octeon"}, {"mipsle", "ramips"}, {"mips", "ath79"},
	{"riscv64", "riscv64"}, {"", "x86-64"},
}

// Detect is the profile of a machine: by the name of its board, of its chip (Models
// has both), or by its architecture. RAM and Cores are those of the machine, and the limits fit them,
// see [Profile.Fit] and [Profile.FitContainer]; without RAM they are those of the
// smallest board. A container that has room for what the board allows us changes
// nothing: it is the service manager's, and not a machine of its own.
func Detect(m Machine) Profile {
	p := find(m)
	if m.Cores > 0 {
		p.Cores = min(m.Cores, mostCores)
	}
	board := p.Fit(m.RAM)
	if m.Container > 0 && (m.RAM < 1 || m.Container < m.RAM && m.Container < board.ours()) {
		return p.FitContainer(m.Container)
	}
	return board
}

func find(m Machine) Profile {
	goarch := m.Arch
	if strings.HasPrefix(goarch, "armv") {
		goarch = "arm"
	}
	var found *Profile
	long := 0
	for i, called := range [...]string{m.Model, m.SoC} {
		called = strings.ToLower(called)
		for t := range table {
			if i == 1 && goarch != table[t].Build.GOARCH {
				continue // makers of MIPS chips make ARM ones, too; of boards it is no sign: a Pi 3 may run a 32-bit system
			}
			for _, model := range table[t].Models { // "raspberry pi zero 2" is no "raspberry pi zero"
				if len(model) > long && strings.HasPrefix(called, model) {
					found, long = &table[t], len(model)
				}
			}
		}
		if found != nil {
			return *found
		}
	}
	for _, f := range fallbacks {
		if strings.HasPrefix(m.Arch, f[0]) {
			p, _ := ByName(f[1])
			return p
		}
	}
	return Profile{} // not reached: the last one fits all
}
