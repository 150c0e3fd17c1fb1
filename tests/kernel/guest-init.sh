#!/bin/busybox sh
# The first program of the guest: brings up the host's root with memory over it, loads the driver, runs the command, powers off.
# Shared with the host under /shared: command, modules, system.conf (in); status, messages (out). Output goes to the virtual console.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in $($b cat /order); do
    $b insmod "/modules/$module.ko" || echo "insmod $module failed"
done
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144,noatime host /host
$b mount -t tmpfs -o size=70% memory /memory
$b mkdir /memory/upper /memory/work
$b mount -t overlay -o lowerdir=/warm:/host,upperdir=/memory/upper,workdir=/memory/work overlay /system
$b mkdir -p /system/shared
$b mount -t 9p -o trans=virtio,version=9p2000.L,cache=none,msize=262144 shared /system/shared
$b mount -t proc proc /system/proc
$b mount -t sysfs sys /system/sys
$b mount -t devtmpfs dev /system/dev
$b mkdir -p /system/dev/pts /system/dev/shm
$b mount -t devpts devpts /system/dev/pts
$b mount -t tmpfs shm /system/dev/shm
$b mount -t tmpfs run /system/run
$b ip link set lo up
$b hostname guest

# modules come from memory: the root's own tools would look for them elsewhere
for module in $($b cat /system/shared/modules); do
    case $module in dahdi) with="auto_assign_spans=1" ;; *) with="" ;; esac
    $b insmod "/modules/$module.ko" $with || echo "insmod $module failed"
done

inside() { # runs a script of the shared folder in the root, output to the host
    $b chroot /system /bin/sh "$1" < /dev/null > /system/dev/hvc0 2>&1
}
inside /shared/configure
# what udev's rule would do: /dev/dahdi/N for channel N, from the node's minor number
for node in /system/dev/dahdi/chan/*/*; do
    [ -e "$node" ] && $b ln -sf "${node#/system}" "/system/dev/dahdi/$((0x$($b stat -c %T "$node")))"
done
inside /shared/command
echo $? > /system/shared/status
$b dmesg > /system/shared/messages
$b sync
echo 1 > /proc/sys/kernel/sysrq
echo o > /proc/sysrq-trigger
$b sleep 2
$b poweroff -f
