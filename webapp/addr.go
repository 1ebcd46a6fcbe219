package webapp

import (
	"errors"
	"net/netip"
	"strconv"
)

// Addr is where an App listens. An empty Host is every address, port 0 one that
// the system chooses. Host is a literal address; names are not resolved.
type Addr struct {
	Host string
	Port int
}

// String is host:port, with brackets around an IPv6 address.
func (a Addr) String() string {
	port := strconv.Itoa(a.Port)
	for i := range len(a.Host) {
		if a.Host[i] == ':' {
			return "[" + a.Host + "]:" + port
		}
	}
	return a.Host + ":" + port
}

// check tells what is wrong with the address.
func (a Addr) check() error {
	if a.Port < 0 || a.Port > 65535 {
		return errors.New("webapp: port " + strconv.Itoa(a.Port) + " is not in 0 to 65535")
	}
	if a.Host == "" {
		return nil
	}
	if _, err := netip.ParseAddr(a.Host); err != nil {
		return errors.New("webapp: host " + strconv.Quote(a.Host) + " is not a literal address")
	}
	return nil
}
