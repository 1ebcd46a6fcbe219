// Package jstext is text as JavaScript has it: string literals, lengths in UTF-16
// units, and the forms that pages send. The generations of the protocol share it.
package jstext

// AppendString appends text, which is copied, as it stands between the quotes of
// a JavaScript string: escaped as JSON, and the two line separators that JSON allows and JavaScript did not.
func AppendString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c == 0xe2 && len(text)-i >= 3 && text[i+1] == 0x80 && text[i+2]&^1 == 0xa8:
			dst = append(dst, '\\', 'u', '2', '0', '2', hex[text[i+2]&15])
			i += 2
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}
