#!/bin/sh
# machine.sh DIR: this machine's own files, under an overlay that keeps what is written in memory, with a systemd that
# boots: its own processes, mounts, network and control groups. Ends when it is killed, and leaves nothing but an empty
# DIR; what is inside calls itself again as "machine.sh DIR inside".
set -e
dir=$1

if [ "$2" != inside ]; then
	# A control group below our own in each hierarchy: systemd makes its tree in there.
	while IFS=: read -r _ controllers path; do
		case $controllers in
		"") at=/sys/fs/cgroup/unified && [ -d "$at" ] || at=/sys/fs/cgroup ;;
		name=*) at=/sys/fs/cgroup/${controllers#name=} ;;
		*) at=/sys/fs/cgroup/$controllers ;;
		esac
		group=$at$path/edgesio-$$
		mkdir "$group" 2>/dev/null || continue
		echo "$group" >>"$dir.groups"
		for f in cpuset.cpus cpuset.mems; do
			[ ! -e "$group/$f" ] || [ -n "$(cat "$group/$f")" ] || cat "$group/../$f" >"$group/$f"
		done
		echo $$ >"$group/cgroup.procs"
	done <<-END
		$(cat /proc/self/cgroup)
	END
	exec unshare --mount --pid --fork --kill-child --cgroup --net --uts --ipc "$0" "$dir" inside
fi

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$dir"
mkdir "$dir/upper" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
cd "$dir/root"
mount -t proc proc proc
mount --rbind /sys sys
umount -l sys/fs/cgroup
mount -t tmpfs tmpfs sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd
mkdir dev/shm dev/pts
ln -s pts/ptmx dev/ptmx
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
# Nothing of this machine's starts, only what is installed now; and nothing that touches the kernel we share.
rm -rf etc/systemd/system/*.wants
for unit in systemd-sysctl systemd-modules-load systemd-remount-fs systemd-tmpfiles-setup-dev systemd-random-seed; do
	ln -sf /dev/null "etc/systemd/system/$unit.service"
done
rm -f usr/sbin/policy-rc.d # of a container, whose packages must not start anything
ip link set lo up
mkdir -p .outside
pivot_root . .outside
umount -l /.outside
rmdir /.outside
container=lxc exec chroot . /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal </dev/null
