package eio

import "testing"

func TestJSONP(t *testing.T) { talk(t, mainOptions, jsonps) }

var jsonps = []conversation{
	{"e4.jsonp", "envelope and escapes; the handshake's index holds", `
		get 4&j=0 -> script [0] $open
		post sid&j=1 "d=4!jsonp" -> ok
		get sid&j=7 -> payload "___eio[0](\"4a\\u2028b\\u2029c\\\"d\\\\e\\nf</script>\");"
		post sid&j=2 "d=4a%5Cnb" -> ok
		get sid&j=2 -> payload "___eio[0](\"4a\\nb\");"
		post sid&j=2 "d=4a%5C%5Cnb" -> ok
		get sid&j=2 -> payload "___eio[0](\"4a\\\\nb\");"
		post sid&j=2 "d=4a%2Bb%25c%26d%3De" -> ok
		get sid&j=2 -> payload "___eio[0](\"4a+b%c&d=e\");"
		post sid&j=2 "d=4%E2%82%AC%F0%9F%98%80" -> ok
		get sid&j=2 -> payload "___eio[0](\"4€😀\");"
		post sid&j=2 "d=4x+y" -> ok
		get sid&j=2 -> payload "___eio[0](\"4x y\");"
		post sid&j=2 "x=1" -> ok
		reason open`},
	{"e4.jsonp-j", "of the index only digits count", `
		get 4&j=abc -> script [] $open
		post sid "d=4a" -> ok
		get sid -> payload "___eio[](\"4a\");"
		get 4&j=1%3Balert(1) -> script [11] $open
		get 4&j= -> script [] $open
		get 4&j=0];alert(1)// -> script [01] $open`},
	{"e4.jsonp-bad", "a form that is none", `
		get 4&j=1 -> script [1] $open
		g: get sid -> nothing
		post sid "d=4a&d=4b" -> ok
		g -> payload "___eio[1](\"1\");"
		reason parse error`},
	{"e4.jsonp-empty", "an empty d is a payload without packets, as an empty body is", `
		get 4&j=1 -> script [1] $open
		post sid "x=1" -> ok
		post sid "d4" -> ok
		reason open
		post sid "d=" -> ok
		reason parse error`},
	{"e3.jsonp-empty", "likewise with protocol 3", `
		get 3&j=1 -> script [1] $open
		post sid "x=1" -> ok
		post sid "d=" -> ok
		reason parse error`},
	{"e3.jsonp", "protocol 3", `
		get 3&j=3&b64=1 -> script [3] $open
		post sid&j=3 "d=7%3A4!jsonp" -> ok
		get sid&j=4 -> payload "___eio[3](\"21:4a\\u2028b\\u2029c\\\"d\\\\e\\nf</script>\");"
		post sid&j=3 "d=4%3A4a%5Cnb" -> ok
		get sid&j=4 -> payload "___eio[3](\"4:4a\\nb\");"
		post sid&j=3 "d=5%3A4!bin" -> ok
		get sid&j=4 -> payload "___eio[3](\"10:b4AAEC/w==\");"`},
	{"e3.jsonp-binary", "a script is text, b64=1 or not", `
		get 3&j=3 -> script [3] $open
		post sid&j=3 "d=7%3A4!mixed" -> ok
		get sid&j=4 -> script [3] "3:4t110:b4AQIDBA==2:4€"`},
}
