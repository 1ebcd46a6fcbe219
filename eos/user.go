package eos

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
}
