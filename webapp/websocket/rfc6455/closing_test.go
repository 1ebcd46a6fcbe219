package rfc6455

import (
	"fmt"
	"strings"
)

// closings is group 7.1 to 7.5. What comes behind a close frame is not looked at (section 5.5.1).
func closings(d dialect) []row {
	hello, told := d.text("Hello World!"), d.told("Hello World!")
	long := strings.Repeat("*", 123)
	big := d.fill(opText, 256<<10)
	const normal = "close 1000"
	end := closing(1000, "")
	rows := []row{
		fails("7.1.1", "7.1.2", "message, close", normal, whole(hello, end), told),
		fails("7.1.2", "5.5.1", "two close frames", normal, whole(end, end)),
		fails("7.1.3", "5.5.1", "close, ping", normal, whole(end, ping(""))),
		fails("7.1.4", "5.5.1", "close, message", normal, whole(end, hello)),
		fails("7.1.5", "5.5.1", "close between two fragments", normal, whole(d.first("fragment1"), end, last("fragment2"))),
		fails("7.1.6", "7.1.2", "message of 256 KiB, close, ping", normal, whole(text(big), end, ping("")),
			event{"text", big}),
		fails("7.3.1", "5.5.1", "close without payload", "close", whole(frame(fin|opClose, ""))),
		fails("7.3.2", "5.5.1", "close of one octet", protocolError, whole(frame(fin|opClose, "a"))),
		fails("7.3.3", "5.5.1", "close with a code", normal, whole(end)),
		fails("7.3.4", "5.5.1", "close with a code and a reason", normal, whole(closing(1000, "Hello World!"))),
		fails("7.3.5", "5.5.1", "close with a reason of 123 octets", normal, whole(closing(1000, long))),
		fails("7.3.6", "5.5", "close with a reason of 124 octets", protocolError, whole(closing(1000, long+"*"))),
		fails("7.5.1", "8.1", "close with a reason that is not UTF-8", badData,
			whole(closing(1000, kosme+"\xed\xa0\x80edited"))),
	}
	rows[5].undefined = true
	return rows
}

// codes is group 7.7 to 7.13. A valid code is echoed.
func codes(dialect) (rows []row) {
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		rows = append(rows, fails(fmt.Sprintf("7.7.%d", i+1), "7.4.1", fmt.Sprintf("close with %d", code),
			fmt.Sprintf("close %d", code), whole(closing(code, ""))))
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		rows = append(rows, fails(fmt.Sprintf("7.9.%d", i+1), "7.4", fmt.Sprintf("close with %d", code), protocolError,
			whole(closing(code, ""))))
	}
	for i, code := range []uint16{5000, 65535} {
		r := fails(fmt.Sprintf("7.13.%d", i+1), "7.4.2", fmt.Sprintf("close with %d", code), protocolError,
			whole(closing(code, "")))
		r.undefined = true
		rows = append(rows, r)
	}
	return rows
}
