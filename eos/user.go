package eos

import "time"

// Channel is the way by which a request reached the gateway.
type Channel string

// The channels of the platform.
const (
	Local Channel = "local" // from the gateway's own network
	Cloud Channel = "cloud" // through the platform's relay
)

// User is a verified account.
type User struct {
	Acoid    string // account id
	Nickname string
}

// Info is what the platform knows of a request. It is not changed once it is
// made: requests, sessions and sockets share it.
type Info struct {
	User    *User // nil for anonymous or unverified access
	Token   string
	Channel Channel
	Expires time.Time // when the token ends; zero: never
}

// Acoid is the account id of the user, "" without one; i may be nil.
func (i *Info) Acoid() string {
	if i == nil || i.User == nil {
		return ""
	}
	return i.User.Acoid
}

// Expired tells whether the token has ended at the time now; i may be nil.
func (i *Info) Expired(now time.Time) bool {
	return i != nil && !i.Expires.IsZero() && !now.Before(i.Expires)
}

// Bounds of what a verified identity may hold, in bytes.
const (
	MaxAcoidBytes    = 64
	MaxNicknameBytes = 128
)

// ValidAcoid tells whether s can be an account id: 1 to 64 visible ASCII
// characters, none of them a comma, a semicolon, a quotation mark or a #.
func ValidAcoid(s string) bool {
	if s == "" || len(s) > MaxAcoidBytes {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7F || c == ',' || c == ';' || c == '"' || c == '#' {
			return false
		}
	}
	return true
}
