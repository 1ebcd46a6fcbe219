package settings

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Value is what a setting has: it lies in the program's variable. String is a text that Set takes and that changes
// nothing then.
type Value interface {
	Set(text string) error
	String() string
}

// maxText bounds a Text, in bytes: PATH_MAX of Linux.
const maxText = 4096

// Text is a text of one line.
type Text struct {
	P     *string
	Check func(text string) error // nil: anything
}

// Set takes the text.
func (v Text) Set(text string) error {
	if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return errors.New("want at most " + strconv.Itoa(maxText) + " bytes of UTF-8 in one line")
	}
	if v.Check != nil {
		if err := v.Check(text); err != nil {
			return err
		}
	}
	*v.P = text
	return nil
}

// String is the text.
func (v Text) String() string { return *v.P }

// Choice is one of some words.
type Choice struct {
	P  *string
	Of []string
}

// Set takes the word.
func (v Choice) Set(text string) error {
	for _, word := range v.Of {
		if text == word {
			*v.P = text
			return nil
		}
	}
	list := ""
	for i, word := range v.Of {
		switch {
		case word == "":
			word = "nothing"
		case i > 0 && i == len(v.Of)-1:
			word = " or " + word
		case i > 0:
			word = ", " + word
		}
		list += word
	}
	return errors.New("want " + list + ", not " + quote(text))
}

// String is the word.
func (v Choice) String() string { return *v.P }

// Number is a whole number of at least 1.
type Number struct {
	P        *int
	Min, Max int  // of what is neither off nor auto
	Off      bool // it may be off, which is -1
	Auto     bool // it may be auto, which is 0
}

// Set takes the number.
func (v Number) Set(text string) error {
	n, err := strconv.Atoi(text)
	switch {
	case v.Off && (text == "off" || text == "-1"):
		n = -1
	case v.Auto && text == "auto":
		n = 0
	case err != nil || n < v.Min || n > v.Max || strconv.Itoa(n) != text:
		return errors.New("want a number from " + strconv.Itoa(v.Min) + " to " + strconv.Itoa(v.Max) +
			words(v.Off, v.Auto) + ", not " + quote(text))
	}
	*v.P = n
	return nil
}

// String is the number.
func (v Number) String() string {
	switch n := *v.P; {
	case v.Off && n == -1:
		return "off"
	case v.Auto && n == 0:
		return "auto"
	default:
		return strconv.Itoa(n)
	}
}

// words are those that a value may be beside its numbers.
func words(off, auto bool) (text string) {
	if off {
		text += ", or off"
	}
	if auto {
		text += ", or auto"
	}
	return text
}

// Duration is a time such as 90s, 1m30s or 500ms.
type Duration struct {
	P        *time.Duration
	Min, Max time.Duration // of what is not off
	Off      bool          // it may be off, which is 0
}

// Set takes the time.
func (v Duration) Set(text string) error {
	d, err := time.ParseDuration(text)
	switch {
	case v.Off && (text == "off" || err == nil && d == 0):
		d = 0
	case err != nil || d < v.Min || d > v.Max:
		return errors.New("want a time from " + short(v.Min) + " to " + short(v.Max) + " such as 90s" +
			words(v.Off, false) + ", not " + quote(text))
	}
	*v.P = d
	return nil
}

// String is the time, as short as it can be said.
func (v Duration) String() string {
	if v.Off && *v.P == 0 {
		return "off"
	}
	return short(*v.P)
}

func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

// Size is a number of bytes with K, M or G (of 1024) behind it.
type Size struct {
	P        *Bytes
	Min, Max int64 // of what is not off
	Off      bool  // it may be off
	Auto     bool  // it may be auto
}

// Bytes is the value of a Size. The zero value is auto.
type Bytes struct {
	N     int64 // 0 when it is off
	Given bool  // false when it is auto
}

// Set takes the size.
func (v Size) Set(text string) error {
	switch {
	case text == "off" && v.Off:
		*v.P = Bytes{Given: true}
		return nil
	case text == "auto" && v.Auto:
		*v.P = Bytes{}
		return nil
	}
	n, ok := parseBytes(text)
	if !ok || n < v.Min || n > v.Max {
		return errors.New("want a size from " + sizeText(v.Min) + " to " + sizeText(v.Max) + words(v.Off, v.Auto) +
			", not " + quote(text))
	}
	*v.P = Bytes{n, true}
	return nil
}

// parseBytes reads digits with at most one unit.
func parseBytes(text string) (int64, bool) {
	shift := 0
	if n := len(text) - 1; n > 0 {
		if i := strings.IndexByte("KMG", text[n]); i >= 0 {
			text, shift = text[:n], 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(text, 10, 32)
	return int64(n) << shift, err == nil
}

// String is the size, with a unit if it is whole.
func (v Size) String() string {
	switch {
	case !v.P.Given:
		return "auto"
	case v.P.N == 0 && v.Off:
		return "off"
	}
	return sizeText(v.P.N)
}

func sizeText(n int64) string {
	switch {
	case n > 0 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "G"
	case n > 0 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "M"
	case n > 0 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "K"
	}
	return strconv.FormatInt(n, 10)
}
