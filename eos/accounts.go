package eos

import (
	"fmt"
	"os"
	"sync/atomic"
)

// AccountLimits bound an account file.
type AccountLimits struct {
	MaxBytes    int64 // of the file, default 1 MiB
	MaxAccounts int   // default 10000
}

// An AccountFile is Accounts from a file that is only read. The file has a line
// for each account: its acoid and its group.
//
//	# acoid   group
//	1001      admin
//	1002      user
//
// Words stand apart by blanks or tabs; empty lines and lines that start with # are
// skipped. An account that stands twice, an unknown group, and more than the
// limits are errors, *FileError with line and column.
//
// The file is read by LoadAccounts and by Reload only: a program calls Reload when
// it is told to, on SIGHUP for example.
type AccountFile struct {
	path   string
	limits AccountLimits
	table  atomic.Pointer[AccountTable] // never nil
}

// LoadAccounts reads the file at path with the default limits. It waits for the disk.
func LoadAccounts(path string) (*AccountFile, error) {
	return LoadAccountsWithin(path, AccountLimits{})
}

// LoadAccountsWithin is LoadAccounts with limits; zero values are the defaults.
func LoadAccountsWithin(path string, limits AccountLimits) (*AccountFile, error) {
	if limits.MaxBytes <= 0 {
		limits.MaxBytes = 1 << 20
	}
	if limits.MaxAccounts <= 0 {
		limits.MaxAccounts = 10000
	}
	f := &AccountFile{path: path, limits: limits}
	if err := f.Reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reload reads the file again and keeps the last good table on an error. It waits
// for the disk and may run on any goroutine: loop.Go is the place.
func (f *AccountFile) Reload() error {
	file, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("eos: accounts: %w", err)
	}
	text, err := readFile(file, "accounts", f.limits.MaxBytes)
	_ = file.Close() // it was only read
	if err != nil {
		return err
	}
	table, err := parseAccounts(text, f.limits.MaxAccounts)
	if err != nil {
		return err
	}
	f.table.Store(&table)
	return nil
}

// GroupOf implements Accounts; any goroutine.
func (f *AccountFile) GroupOf(acoid string) Group { return f.table.Load().GroupOf(acoid) }

// Len is the number of accounts in the last good table.
func (f *AccountFile) Len() int { return len(*f.table.Load()) }

func parseAccounts(text string, limit int) (AccountTable, error) {
	table := make(AccountTable)
	lines := lineReader{what: "accounts", text: text, maxLines: 4*limit + 1000}
	for lines.next() {
		w := lines.words
		if len(w) != 2 {
			return nil, lines.fail(0, fmt.Sprintf("want 2 words (acoid, group), have %d", len(w)))
		}
		acoid := w[0].text
		if !ValidAcoid(acoid) {
			return nil, lines.fail(0, "not an acoid: "+quote(acoid))
		}
		if _, twice := table[acoid]; twice {
			return nil, lines.fail(0, "the account stands twice: "+quote(acoid))
		}
		g := Group(w[1].text)
		if g != groups[groupIndex(g)] {
			return nil, lines.fail(1, "unknown group "+quote(w[1].text)+": want admin, user or guest")
		}
		if len(table) == limit {
			return nil, lines.fail(0, fmt.Sprintf("more than %d accounts", limit))
		}
		table[acoid] = g
	}
	return table, lines.err
}
