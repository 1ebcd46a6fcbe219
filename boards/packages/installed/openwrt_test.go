//go:build linux

package installed

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run runs a shell script with our PATH and returns what it prints.
func run(t *testing.T, script string, args ...string) string {
	t.Helper()
	b, err := exec.Command("/bin/sh", append([]string{"-euc", script, "sh"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, b)
	}
	return string(b)
}

// unpacked is an .ipk as busybox' tar unpacks it: outer, control and data.
func unpacked(t *testing.T) string {
	dir := t.TempDir()
	run(t, `cd "$1"; mkdir outer control data; busybox tar -xzf "$2" -C outer
busybox tar -xzf outer/control.tar.gz -C control; busybox tar -xzf outer/data.tar.gz -C data`,
		dir, only(t, *folder+"/*_x86_64.ipk"))
	return dir
}

// An .ipk is what opkg expects.
func TestIPK(t *testing.T) {
	dir := unpacked(t)
	list := run(t, `cd "$1"; tar -tzf "$2" | sort; cat outer/debian-binary`, dir, only(t, *folder+"/*_x86_64.ipk"))
	if list != "./control.tar.gz\n./data.tar.gz\n./debian-binary\n2.0\n" {
		t.Errorf("it has %q", list)
	}
	control := "\n" + run(t, `cat "$1/control/control"`, dir)
	for _, field := range []string{"Package: edgesio-gateway\n", "Version: ", "Architecture: x86_64\n",
		"Installed-Size: ", "Section: net\n", "Require-User: edgesio:edgesio\n", "Description: ", "Maintainer: ",
		"License: MIT\n"} {
		if !strings.Contains(control, "\n"+field) {
			t.Errorf("no %q in %s", field, control)
		}
	}
	// opkg reads bytes, and compares them with what is free on the flash; in KiB the program would seem to be a small one.
	size := "\nInstalled-Size: " + run(t, `gzip -dc "$1/outer/data.tar.gz" | wc -c`, dir)
	if !strings.Contains(control, size) {
		t.Errorf("no %q in %s", size, control)
	}
	if strings.Contains(control, "\nDepends:") {
		t.Error("a static program depends on something")
	}
	files := run(t, `cd "$1"; cat control/conffiles; stat -c '%a %n' control/postinst control/prerm; cd data
find . -type f | sort | xargs stat -c '%a %u %n'`, dir)
	want := `/etc/edgesio/gateway.conf
755 control/postinst
755 control/prerm
644 0 ./etc/edgesio/gateway.conf
755 0 ./etc/init.d/edgesio-gateway
644 0 ./lib/upgrade/keep.d/edgesio-gateway
755 0 ./usr/lib/edgesio/prepare
755 0 ./usr/sbin/edgesio-gateway
644 0 ./usr/share/doc/edgesio-gateway/copyright
`
	if files != want {
		t.Errorf("it has\n%s, want\n%s", files, want)
	}
}

// rcCommon plays /etc/rc.common and procd: it writes down what the script asks for.
const rcCommon = `extra_command() { echo "extra_command $1"; }
procd_open_instance() { echo open; }
procd_set_param() { echo "$@"; }
procd_close_instance() { echo close; }
procd_send_signal() { echo "signal $*"; }
. "$1"; shift; "$@"`

func TestProcd(t *testing.T) {
	dir := unpacked(t)
	script := run(t, `cat "$1/data/etc/init.d/edgesio-gateway"`, dir)
	stub := `#!/bin/sh
case "$*" in *-t) grep -q listne "$EDGESIO_TEST" && exit 1;; esac
exit 0
`
	program, conf, copied := filepath.Join(dir, "program"), filepath.Join(dir, "conf"), filepath.Join(dir, "script")
	script = strings.NewReplacer("/usr/sbin/edgesio-gateway", program, "/usr/lib/edgesio/prepare", program,
		"/etc/edgesio/gateway.conf", conf).Replace(script)
	for path, text := range map[string]string{program: stub, conf: "", copied: script} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("EDGESIO_TEST", conf)
	play := func(action string) (string, error) {
		b, err := exec.Command("busybox", "ash", "-c", rcCommon, "ash", copied, action).CombinedOutput()
		return strings.TrimPrefix(string(b), "extra_command check\n"), err
	}
	want := "open\ncommand " + program + " -config " + conf + "\nfile " + conf + `
respawn 60 5 0
limits nofile=32768 32768 core=0 0
user edgesio
group edgesio
no_new_privs 1
stdout 1
stderr 1
term_timeout 15
close
`
	if said, err := play("start_service"); err != nil || said != want {
		t.Errorf("start_service: %v\n%s, want\n%s", err, said, want)
	}
	if said, err := play("reload_service"); err != nil || said != "signal edgesio-gateway\n" {
		t.Errorf("reload_service: %v %s", err, said)
	}
	if err := os.WriteFile(conf, []byte("listne :80\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := play("reload_service"); err == nil || said != "" {
		t.Errorf("reload_service with a mistake: %v %s", err, said)
	}
}

// The .tar.gz installs on a machine that has busybox and nothing else: its init script starts the program as its user,
// again when it is killed, and purge takes all of it away.
func TestTar(t *testing.T) {
	dir := busyboxRoot(t)
	run(t, `cp "$2" "$1/p.tar.gz"`, dir, only(t, *folder+"/*_x86-64.tar.gz"))
	// A process of its own kind for all processes; they end with it.
	said := run(t, `unshare --mount --pid --fork --net --kill-child sh -euc '
mount -t proc proc "$1/proc"; mount -t tmpfs dev "$1/dev"; mknod -m 666 "$1/dev/null" c 1 3
mknod -m 666 "$1/dev/urandom" c 1 9
ip link set lo up
exec chroot "$1" /bin/env -i PATH=/bin /bin/sh -eu' sh "$1" <<'END'
tar -xzf p.tar.gz; rm p.tar.gz; cd edgesio-gateway-*
find /etc /bin /var | sort >/before; cp /etc/passwd /passwd
sh install.sh
up() {
	for _ in $(seq 20); do wget -q -O /dev/null http://127.0.0.1:8000/healthz 2>/dev/null && return; sleep 1; done
	exit 1
}
program() { ps -o pid,user | awk '$2 == "edgesio" {print $1}'; }
up
pid=$(program)
stat -c '%U:%G %a %s %n' /etc/edgesio/key
/etc/init.d/edgesio-gateway reload 2>/dev/null
kill -9 $pid
sleep 1
up
[ "$(program)" != $pid ]
ls -l /etc/init.d | grep -c S95edgesio-gateway
sh install.sh >/dev/null # an upgrade keeps what is there
up
sh install.sh purge
[ -z "$(program)" ]
find /etc /bin /var | sort >/after; diff /before /after; diff /passwd /etc/passwd
echo clean
END`, dir)
	want := "edgesio-gateway is installed; nobody may sign in yet, /etc/edgesio/users tells how to change that\n" +
		"root:edgesio 640 32 /etc/edgesio/key\ngateway: the settings are good (/etc/edgesio/gateway.conf)\n1\nclean\n"
	if said != want {
		t.Errorf("it says\n%s, want\n%s", said, want)
	}
}
