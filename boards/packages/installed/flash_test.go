//go:build linux

package installed

import (
	"strings"
	"testing"
)

// fileCalls are the system calls that make, open, change or remove a file.
const fileCalls = "open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link," +
	"linkat,symlink,symlinkat,mknod,mknodat,truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,fchownat," +
	"utimensat,setxattr,fsetxattr,memfd_create"

// talk is a client that connects, chats, and watches the telemetry, over polling. It ends when it has seen both.
const talk = `url='http://127.0.0.1:8000/socket.io/?EIO=4&transport=polling'
sid=$(curl -fsS --max-time 9 "$url" | sed 's/.*"sid":"\([^"]*\)".*/\1/')
post() { curl -fsS --max-time 9 -o /dev/null -H 'Content-Type: text/plain' --data-binary "$1" "$url&sid=$sid"; }
post 40; post '42["chat","hello from '$1'"]'; post 40/device,; post '42/device,0["watch","memory"]'
got=; for _ in 1 2 3 4 5 6 7 8; do got=$got$(curl -fsS --max-time 30 "$url&sid=$sid")
case $got in *"hello from $1"*'/device,["memory"'* | *'/device,["memory"'*"hello from $1"*) exit ;; esac; done
echo "client $1 got $got"; exit 1
`

// The service writes no file, whatever clients and its owner do: the flash of a board stands a hundred thousand writes,
// and lasts. Its system calls are looked at, and what it owns on the disk.
func TestWritesNothing(t *testing.T) {
	m := debian(t)
	m.sh(`echo "ada 1001 admin $(echo tulip42 | edgesio-gateway -hash) Ada" >>/etc/edgesio/users`)
	m.sh("cat >/talk <<'END'\n" + talk + "END")
	m.sh("strace -qq -f -y -e signal=none -e trace=" + fileCalls + " -o /trace -p " + m.main() + " >/dev/null 2>&1 &")
	m.await("grep -q TracerPid:.[1-9] /proc/" + m.main() + "/status")
	m.sh("systemctl reload " + unit)
	m.await("grep -q /etc/edgesio/users /trace") // the trace is one
	m.sh(`for n in 1 2 3 4 5 6; do sh /talk $n & all="${all:-} $!"; done; for p in $all; do wait $p; done`)
	m.sh(`get() { curl -fsS --max-time 20 -o /dev/null "$@"; }; here=http://127.0.0.1:8000
get $here/index.html; get $here/socket.io/socket.io.js; get -d '{"name":"ada","password":"tulip42"}' $here/signin
! get -d '{"name":"ada","password":"no"}' $here/signin`)
	m.sh("echo 'name changed' >>/etc/edgesio/gateway.conf; systemctl reload " + unit)
	m.serves("8000")
	for line := range strings.Lines(m.sh("cat /trace")) {
		call := line[strings.IndexByte(line, ' ')+1:]
		reads := strings.HasPrefix(strings.TrimSpace(call), "open") && strings.Contains(call, "O_RDONLY") &&
			!strings.Contains(call, "O_CREAT") && !strings.Contains(call, "O_TRUNC")
		if resumed := strings.Contains(call, "resumed>"); !reads && !resumed {
			t.Errorf("it calls %s", call)
		}
	}
	m.want("grep ^write_bytes /proc/"+m.main()+"/io", "write_bytes: 0")
	m.want("find /etc /usr /var /home /srv /opt -xdev -user edgesio", "")
	m.want("nsenter -t "+m.main()+" -m find /tmp /var/tmp -type f", "") // those that the service has of its own
}
