package eos

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Matrix is layer A: module x API x mode. It starts as the platform's and can
// be narrowed, never widened. Loop's goroutine only.
type Matrix struct {
	allowed [2]Set // by Mode
}

// DefaultMatrix is a new matrix with the platform's rows.
func DefaultMatrix() *Matrix {
	m := new(Matrix)
	for i := range platformRows {
		m.allowed[PrivilegeMode].Add(API(i))
		if platformRows[i].modes == bothModes {
			m.allowed[UserMode].Add(API(i))
		}
	}
	return m
}

// Allowed is what a process in the mode may call: a copy. An unknown mode may
// call nothing.
func (m *Matrix) Allowed(mode Mode) Set {
	if mode > PrivilegeMode {
		return Set{}
	}
	return m.allowed[mode]
}

// Rows are the lines of the table, in its order: a copy, for a page.
func (m *Matrix) Rows() []Row {
	rows := make([]Row, apiCount)
	for i, r := range platformRows {
		a := API(i)
		rows[i] = Row{
			API: a, Module: r.module, Name: r.name, Counterpart: r.counterpart,
			User: m.allowed[UserMode].Has(a), Privilege: m.allowed[PrivilegeMode].Has(a),
		}
	}
	return rows
}

// WriteTable writes the matrix as the platform's documentation shows it: a table
// of module, API, User Mode and Privilege Mode, a dot where a call is allowed.
// Rows that this project has no counterpart for say so.
func (m *Matrix) WriteTable(w io.Writer) error {
	cells := [][4]string{{"Module", "API", "User Mode", "Privilege Mode"}}
	for _, r := range m.Rows() {
		name := r.Name
		if !r.Counterpart {
			name += " (no counterpart)"
		}
		cells = append(cells, [4]string{r.Module, name, dot(r.User), dot(r.Privilege)})
	}
	var width [4]int
	for _, line := range cells {
		for i, c := range line {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for i, line := range cells {
		writeLine(&b, line, width)
		if i == 0 {
			fmt.Fprintf(&b, "|%s|%s|:%s:|:%s:|\n", strings.Repeat("-", width[0]+2), strings.Repeat("-", width[1]+2),
				strings.Repeat("-", width[2]), strings.Repeat("-", width[3]))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeLine(b *strings.Builder, line [4]string, width [4]int) {
	for i, c := range line {
		b.WriteString("| " + c + strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+1))
	}
	b.WriteString("|\n")
}

func dot(allowed bool) string {
	if allowed {
		return "●"
	}
	return ""
}
