#!/usr/bin/env python3
"""Does the asking see a difference? One QEMU, asked about command lines that are not its own. As TAP."""
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import options
from present import Presence
from qmp import Qmp

QEMU = 'qemu-system-x86_64'


def arguments(folder):
    return [QEMU, '-name', 'guest=asked', '-nodefaults', '-no-user-config', '-S',
            '-machine', 'q35,vmport=off', '-accel', 'tcg', '-cpu', 'max,-avx2', '-smp', '2,maxcpus=4,sockets=4',
            '-m', '64M,slots=2,maxmem=128M', '-uuid', 'd06f000d-baad-8123-9abc-010203040506',
            '-kernel', f'{folder}/kernel', '-append', 'a,b',
            '-object', 'memory-backend-ram,id=ram0,size=64M', '-numa', 'node,memdev=ram0',
            '-netdev', 'user,id=net0', '-device', 'virtio-net-pci,id=net0,netdev=net0,mac=52:54:00:00:00:01,addr=0x7',
            '-netdev', 'user,id=net1', '-device', 'e1000,id=net1,netdev=net1,mac=52:54:00:00:00:02',
            '-blockdev', '{"driver":"null-co","node-name":"disk0","read-zeroes":true,"read-only":true}',
            '-device', 'virtio-blk-pci,id=disk0,drive=disk0,serial=abc,bootindex=1',
            '-blockdev', 'driver=null-co,node-name=disk1,read-zeroes=on,cache.direct=on',
            '-device', 'virtio-scsi-pci,id=scsi0', '-device', 'virtio-scsi-pci,id=scsi1',
            '-device', 'scsi-hd,id=disk1,drive=disk1,bus=scsi1.0', '-device', 'scsi-cd,id=cdrom0,bus=scsi0.0',
            '-object', 'rng-builtin,id=rng0', '-device', 'virtio-rng-pci,rng=rng0',
            '-chardev', f'socket,id=qmp0,path={folder}/qmp,server=on,wait=off', '-mon', 'chardev=qmp0,mode=control',
            '-chardev', 'null,id=serial0', '-serial', 'chardev:serial0',
            '-display', 'none', '-vnc', f'127.0.0.1:{DISPLAY}', '-device', 'VGA,id=video0']


def free_display():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1] - 5900


DISPLAY = free_display()

# (what stands in the line, what is put in its place, what must be said about it)
WRONG = [
    ('guest=asked', 'guest=other', 'name'),
    ('q35,vmport=off', 'q35,vmport=on', 'vmport is'),
    ('q35,', 'pc,', 'machine'),
    ('max,-avx2', 'qemu64,-avx2', 'the CPU is a'),
    ('-avx2', '+avx2', 'avx2 is'),
    ('2,maxcpus=4,sockets=4', '2,maxcpus=4,sockets=2', '-smp sockets'),
    ('2,maxcpus', '3,maxcpus', '-smp cpus'),
    ('64M,slots', '65M,slots', 'memory'),
    ('slots=2', 'slots=3', 'slots for memory'),
    ('maxmem=128M', 'maxmem=1G', 'most memory'),
    ('d06f000d', 'd06f000e', 'UUID'),
    ('a,b', 'a', '-append'),
    ('ram0,size=64M', 'ram0,size=32M', 'size is'),
    ('memory-backend-ram', 'memory-backend-memfd', 'type of object ram0'),
    ('id=rng0', 'id=rng1', 'object rng1 is not there'),
    ('user,id=net0', 'tap,id=net0', 'kind of netdev net0'),
    ('user,id=net0', 'user,id=net9', 'netdev net0 is there, and nobody asked for it'),
    ('net0,netdev=net0', 'net0,netdev=net1', 'netdev is'),
    ('addr=0x7', 'addr=0x8', 'address of net0'),
    ('00:00:01', '00:00:03', 'mac is'),
    ('e1000,id=net1', 'e1000e,id=net1', 'device net1 is a e1000, not a e1000e'),
    ('"null-co"', '"null-aio"', 'driver of block node disk0'),
    ('"read-only":true', '"read-only":false', 'read-only of block node disk0'),
    ('cache.direct=on', 'cache.direct=off', 'direct of block node disk1'),
    ('node-name=disk1', 'node-name=disk2', 'block node disk2 is not there'),
    ('serial=abc', 'serial=abd', 'serial is'),
    ('bootindex=1', 'bootindex=2', 'bootindex is'),
    ('drive=disk0,serial', 'drive=disk1,serial', 'drive of device disk0'),
    ('drive=disk1,bus', 'bus', 'drive of device disk1: QEMU has disk1, not None'),
    ('bus=scsi1.0', 'bus=scsi0.0', 'bus of device disk1'),
    ('id=cdrom0', 'id=cdrom1', 'device cdrom1 is not there'),
    ('virtio-rng-pci,rng', 'virtio-balloon-pci,rng', 'nameless device virtio-balloon-pci is not there'),
    ('null,id=serial0', 'pty,id=serial0', 'kind of chardev serial0'),
    ('null,id=serial0', 'null,id=serial1', 'chardev serial1 is not there'),
    (f'127.0.0.1:{DISPLAY}', '127.0.0.1:1', 'no VNC server'),
    ('VGA,id=video0', 'VGA,id=video1', 'PCI device video0'),
]


def connect(path, child):
    while child.poll() is None:
        try:
            return Qmp(path)
        except OSError:  # it does not listen yet
            time.sleep(0.01)
    sys.exit(f'{QEMU} ended with status {child.returncode}')


def check(name, good, why=''):
    print(f'{"ok" if good else "not ok"} - {name}' + ('' if good else f'\n# {why}'))


def ask(qmp, argv):
    return Presence(qmp, options.parse(argv)).check()


def main():
    if not shutil.which(QEMU):
        print(f'1..0 # SKIP there is no {QEMU} here')
        return
    with tempfile.TemporaryDirectory() as folder:
        argv = arguments(folder)
        with open(f'{folder}/kernel', 'wb') as file:
            head = bytearray(16384)
            head[0x1f1], head[0x1fe:0x200], head[0x202:0x208], head[0x211] = 4, b'\x55\xaa', b'HdrS\x0c\x02', 1
            file.write(head)
        with subprocess.Popen(argv) as child:
            try:
                qmp = connect(f'{folder}/qmp', child)
                problems = ask(qmp, argv)
                check('what QEMU runs with is what it has', not problems, problems)
                for old, new, expected in WRONG:
                    problems = ask(qmp, [word.replace(old, new, 1) for word in argv])
                    check(f'{old} is not {new}', any(expected in p for p in problems), f'{expected}: {problems}')
            finally:
                child.kill()
    print(f'1..{1 + len(WRONG)}')


if __name__ == '__main__':
    sys.exit(main())
