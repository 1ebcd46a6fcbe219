//go:build linux

package installed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What OpenWrt's base-files have, as far as a package meets it: functions that postinst and prerm call, which read what
// opkg noted of the package, and the rc.common that runs an init script and writes down what it asks of procd.
const (
	functions = `default_postinst() {
	root=$IPKG_INSTROOT info=$IPKG_INSTROOT/usr/lib/opkg/info name=$(basename "${1%.*}")
	for pair in $(sed -n 's/^Require-User: //p' "$info/$name.control"); do
		grep -q "^${pair#*:}:" "$root/etc/group" || echo "${pair#*:}:x:32768:" >>"$root/etc/group"
		grep -q "^${pair%:*}:" "$root/etc/passwd" ||
			echo "${pair%:*}:x:32768:32768:${pair%:*}:/var/run/${pair%:*}:/bin/false" >>"$root/etc/passwd"
	done
	for script in $(grep '^/etc/init.d/' "$info/$name.list"); do
		if [ -n "$root" ]; then
			sh "$root/etc/rc.common" "$root$script" enable
		else
			[ "${PKG_UPGRADE:-}" = 1 ] || "$script" enable
			"$script" start
		fi
	done
}
default_prerm() {
	for script in $(grep '^/etc/init.d/' "$IPKG_INSTROOT/usr/lib/opkg/info/$(basename "${1%.*}").list"); do
		[ "${PKG_UPGRADE:-}" = 1 ] || "$script" disable
		"$script" stop
	done
}
`
	common = `script=$1 action=$2 rc=$IPKG_INSTROOT/etc/rc.d
extra_command() { :; }
procd_open_instance() { :; }
procd_set_param() { [ "$1" != command ] || { shift; echo "start $*" >>/asked; }; }
procd_close_instance() { :; }
. "$script"
start() { start_service; }
stop() { echo stop >>/asked; }
enable() { for l in S$START K$STOP; do ln -sf "../init.d/${script##*/}" "$rc/$l${script##*/}"; done; }
disable() { rm -f "$rc"/[SK]??"${script##*/}"; }
"$action"
`
)

// busyboxRoot is a root folder with nothing but busybox and a root user.
func busyboxRoot(t *testing.T) string {
	dir := t.TempDir()
	run(t, `cd "$1"; mkdir -p bin etc/init.d proc dev sys tmp var/run root; cp "$(command -v busybox)" bin/busybox
for p in $(busybox --list); do [ $p = busybox ] || ln -s busybox bin/$p; done
echo 'root:x:0:0::/root:/bin/sh' >etc/passwd; echo 'root:x:0:' >etc/group`, dir)
	return dir
}

// openWrtRoot is a box, or an image of one, with an .ipk unpacked as opkg does it, and its scripts not run yet.
func openWrtRoot(t *testing.T) string {
	root := busyboxRoot(t)
	for name, text := range map[string]string{"lib/functions.sh": functions, "etc/rc.common": "#!/bin/sh\n" + common} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run(t, `cd "$1"; mkdir -p etc/rc.d usr/lib/opkg/info; cp -a "$2/data/." .
mknod -m 666 dev/null c 1 3; mknod -m 666 dev/urandom c 1 9
(cd "$2/data"; find . -type f | sed 's/^.//') >usr/lib/opkg/info/edgesio-gateway.list
for f in "$2"/control/*; do cp -p "$f" "usr/lib/opkg/info/edgesio-gateway.${f##*/}"; done`, root, unpacked(t))
	return root
}

const links = "K10edgesio-gateway -> ../init.d/edgesio-gateway\nS95edgesio-gateway -> ../init.d/edgesio-gateway\n"

// In an image the user is added and the service enabled; nothing runs, and no key is made that many boxes would share.
func TestOpkgImage(t *testing.T) {
	root := openWrtRoot(t)
	said := run(t, `IPKG_INSTROOT=$1 "$1/usr/lib/opkg/info/edgesio-gateway.postinst" configure
cd "$1"; grep -h edgesio etc/passwd etc/group; ls etc/edgesio; cd etc/rc.d
for f in *; do echo "$f -> $(readlink $f)"; done
cd "$1"; ! [ -e asked ]`, root)
	want := "edgesio:x:32768:32768:edgesio:/var/run/edgesio:/bin/false\nedgesio:x:32768:\ngateway.conf\n" + links
	if said != want {
		t.Errorf("it makes\n%s, want\n%s", said, want)
	}
	if said := run(t, `IPKG_NO_SCRIPT=1 "$1" configure`, root+"/usr/lib/opkg/info/edgesio-gateway.postinst"); said != "" {
		t.Error("told to do nothing, it says", said)
	}
}

// On a box it is started as well, with a key of its own; an upgrade leaves it disabled when the owner has disabled it.
func TestOpkgBox(t *testing.T) {
	root := openWrtRoot(t)
	inside := func(script string) string {
		return run(t, `exec chroot "$1" /bin/env -i PATH=/bin /bin/sh -euc "$2"`, root, script)
	}
	const start = "start /usr/sbin/edgesio-gateway -config /etc/edgesio/gateway.conf\n"
	inside("cd /usr/lib/opkg/info; ./edgesio-gateway.postinst configure")
	said := inside(`cat /asked; stat -c '%u:%g %a %s' /etc/edgesio/key; stat -c '%u:%g %a' /etc/edgesio/users
cd /etc/rc.d; for f in *; do echo "$f -> $(readlink $f)"; done; grep -c edgesio /etc/passwd`)
	if want := start + "0:32768 640 32\n0:32768 640\n" + links + "1\n"; said != want {
		t.Errorf("installed, it has\n%s, want\n%s", said, want)
	}
	said = inside(`rm /asked; sha256sum /etc/edgesio/* >/sums; /etc/init.d/edgesio-gateway disable; cd /usr/lib/opkg/info
PKG_UPGRADE=1 ./edgesio-gateway.prerm upgrade 2; PKG_UPGRADE=1 ./edgesio-gateway.postinst configure
sha256sum -c /sums >/dev/null; cat /asked; ls /etc/rc.d`)
	if want := "stop\n" + start; said != want {
		t.Errorf("an upgrade does\n%s, want\n%s", said, want)
	}
	said = inside(`rm /asked; /etc/init.d/edgesio-gateway enable; /usr/lib/opkg/info/edgesio-gateway.prerm remove
cat /asked; ls /etc/rc.d`)
	if said != "stop\n" {
		t.Errorf("a removal does\n%s", said)
	}
	if keep := inside("cat /lib/upgrade/keep.d/*"); strings.TrimSpace(keep) != "/etc/edgesio/" {
		t.Errorf("sysupgrade keeps %s", keep)
	}
}
