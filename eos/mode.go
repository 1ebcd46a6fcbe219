package eos

// Mode is what the process may call: the platform starts an app in one of two.
type Mode uint8

// The modes. The zero value is the one with fewer rights.
const (
	UserMode Mode = iota
	PrivilegeMode
)

// String is the name of the mode in the platform's tables.
func (m Mode) String() string {
	switch m {
	case UserMode:
		return "User Mode"
	case PrivilegeMode:
		return "Privilege Mode"
	}
	return "unknown mode"
}
