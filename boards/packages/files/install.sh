#!/bin/sh
# install.sh [install|remove|purge]: puts the gateway on a box without dpkg and opkg, as a service of systemd, of OpenWrt's
# procd, or of a plain init; remove takes it away again, and purge its settings, users and key as well. ROOT=/mnt/image
# does that to an image; INIT=systemd, procd or sysv says which init is meant where that cannot be seen.
set -eu
umask 022
root=${ROOT:-}
root=${root%/}
name=edgesio-gateway
here=$(cd "$(dirname "$0")" && pwd)
init=${INIT:-}
if [ -z "$init" ]; then
	if [ -e "$root/etc/rc.common" ]; then
		init=procd
	elif [ -d "$root/run/systemd/system" ] || [ -d "$root/lib/systemd/system" ] ||
		[ -d "$root/usr/lib/systemd/system" ]; then
		init=systemd
	else
		init=sysv
	fi
fi

files="usr/sbin/$name usr/lib/edgesio/prepare usr/share/man/man8/$name.8.gz"
case $init in
systemd) files="$files usr/lib/systemd/system/$name.service usr/lib/systemd/system/$name.socket" ;;
procd) files="$files etc/init.d/$name lib/upgrade/keep.d/$name" ;;
sysv) files="$files etc/init.d/$name" ;;
*)
	echo "install.sh: INIT is systemd, procd or sysv" >&2
	exit 2
	;;
esac

# service ACTION: does it to the service of the running machine; an image has none.
service() {
	[ -z "$root" ] || return 0
	case $init in
	systemd) [ ! -d /run/systemd/system ] || systemctl "$1" "$name" ;;
	*) "/etc/init.d/$name" "$1" ;;
	esac
}

# at_boot enable or disable.
at_boot() {
	case $init in
	systemd)
		if [ "$1" = enable ]; then
			mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
			ln -sf "/usr/lib/systemd/system/$name.service" "$root/etc/systemd/system/multi-user.target.wants/"
		else
			rm -f "$root/etc/systemd/system/multi-user.target.wants/$name.service"
		fi
		[ -n "$root" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload
		;;
	*)
		rm -f "$root"/etc/rc.d/[SK][0-9][0-9]"$name" "$root"/etc/rc[0-6S].d/[SK][0-9][0-9]"$name" \
			"$root/etc/init.d/S95$name"
		[ "$1" = enable ] || return 0
		if [ "$init" = procd ]; then
			mkdir -p "$root/etc/rc.d"
			ln -s "../init.d/$name" "$root/etc/rc.d/S95$name"
			ln -s "../init.d/$name" "$root/etc/rc.d/K10$name"
		elif [ -d "$root/etc/rc2.d" ]; then
			for level in 2 3 4 5; do ln -s "../init.d/$name" "$root/etc/rc$level.d/S95$name"; done
			for level in 0 1 6; do ln -s "../init.d/$name" "$root/etc/rc$level.d/K10$name"; done
		else
			ln -s "$name" "$root/etc/init.d/S95$name" # busybox's and Buildroot's rcS runs /etc/init.d/S*
		fi
		;;
	esac
}

# place FILE FROM: replaces the file as a whole; a program that runs goes on with the old one.
place() {
	mkdir -p "$root/$(dirname "$1")"
	cp "$2" "$root/$1.new"
	chmod "$([ -x "$2" ] && echo 755 || echo 644)" "$root/$1.new"
	mv "$root/$1.new" "$root/$1"
}

install_all() {
	for f in $files; do
		if [ "$f" = "etc/init.d/$name" ] && [ "$init" = sysv ]; then
			place "$f" "$here/sysv"
		else
			place "$f" "$here/root/$f"
		fi
	done
	conf=etc/edgesio/gateway.conf
	if [ ! -e "$root/$conf" ]; then
		place "$conf" "$here/root/$conf"
	elif ! cmp -s "$here/root/$conf" "$root/$conf"; then
		place "$conf.new" "$here/root/$conf"
		echo "kept your /$conf; the one of this version is beside it: /$conf.new"
	fi
	"$here/root/usr/lib/edgesio/prepare" "$root"
	at_boot enable
	service restart
	echo "$name is installed; nobody may sign in yet, /etc/edgesio/users tells how to change that"
}

remove_all() {
	if [ -e "$root/usr/sbin/$name" ]; then service stop || true; fi
	at_boot disable
	for f in $files; do rm -f "$root/$f"; done
	rmdir "$root/usr/lib/edgesio" 2>/dev/null || true
}

case "${1:-install}" in
install) install_all ;;
remove) remove_all ;;
purge)
	remove_all
	for f in gateway.conf gateway.conf.new users key; do rm -f "$root/etc/edgesio/$f"; done
	rmdir "$root/etc/edgesio" 2>/dev/null || true
	for f in passwd shadow group gshadow; do
		[ ! -e "$root/etc/$f" ] || sed -i '/^edgesio:/d' "$root/etc/$f"
	done
	;;
*)
	echo "usage: $0 [install|remove|purge]" >&2
	exit 2
	;;
esac
