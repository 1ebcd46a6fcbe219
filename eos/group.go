package eos

// Group is a group of accounts.
type Group string

// The groups of the platform.
const (
	Admin  Group = "admin"
	Member Group = "user"
	Guest  Group = "guest"
)

// Accounts tells the group of an account; Guest for one that it does not know.
// Loop's goroutine only, and it does not wait for anything.
type Accounts interface {
	GroupOf(acoid string) Group
}

// AccountTable is Accounts that do not change, for tests and small programs.
type AccountTable map[string]Group

// GroupOf implements Accounts.
func (t AccountTable) GroupOf(acoid string) Group {
	if g, ok := t[acoid]; ok {
		return g
	}
	return Guest
}

// GroupOf is the group of whom a request came from: Guest for anonymous access
// and without accounts. Both arguments may be nil.
func GroupOf(accounts Accounts, i *Info) Group {
	acoid := i.Acoid()
	if accounts == nil || acoid == "" {
		return Guest
	}
	return accounts.GroupOf(acoid)
}

// groupIndex is the place of a group in tables; what is none of the three has the
// rights of Guest.
func groupIndex(g Group) int {
	switch g {
	case Admin:
		return 0
	case Member:
		return 1
	}
	return 2
}

// groups by index.
var groups = [...]Group{Admin, Member, Guest}
