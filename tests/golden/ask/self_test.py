#!/usr/bin/env python3
"""Does the asking see a difference? One QEMU, asked about command lines that are not its own. As TAP."""
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import options
import schema
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

# The same for the schema.
UNKNOWN = [
    ('-uuid', '-run-with', '7.2 does not know -run-with'),
    ('"null-co"', '"null-no"', 'does not know null-no'),
    ('"read-zeroes":true', '"read-zeros":true', 'does not know read-zeros'),
    ('"read-zeroes":true', '"read-zeroes":"on"', "read-zeroes is 'on', not a boolean"),
    ('cache.direct=on', 'cache.direkt=on', 'does not know cache.direkt'),
    ('cache.direct=on', 'cache.direct=1', "cache.direct is '1', not a boolean"),
    ('cache.direct=on', 'detect-zeroes=some', 'does not know some'),
    ('node-name=disk1,', 'node-name=disk1,driver=file,', 'filename is missing'),
    ('user,id=net0', 'usr,id=net0', 'does not know usr'),
    ('user,id=net0', 'user,id=net0,nets=10.0.0.0', 'does not know nets'),
    ('virtio-blk-pci', 'virtio-block-pci', 'does not know virtio-block-pci'),
    ('serial=abc', 'serials=abc', 'does not know serials'),
    ('ram0,size=64M', 'ram0,siz=64M', 'does not know siz'),
    ('ram0,size=64M', 'ram0', 'size is missing'),
    ('rng-builtin', 'rng-builtin,opened=on', 'opened is deprecated'),
    ('rng-builtin', 'rng-build', 'does not know rng-build'),
    ('socket,id=qmp0', 'sockets,id=qmp0', 'does not know sockets'),
    ('wait=off', 'weight=off', 'does not know weight'),
    ('wait=off', 'wait=maybe', "wait is 'maybe', not a boolean"),
    ('q35,vmport', 'q53,vmport', 'does not know q53'),
    ('q35,vmport', 'pc-i440fx-1.4,vmport', 'is deprecated'),
    ('q35,vmport', 'q35,vm-port', 'does not know vm-port'),
    ('max,-avx2', 'maxi,-avx2', 'does not know maxi'),
    ('max,-avx2', 'max,-avx-2', 'does not know avx-2'),
    ('tcg', 'tgc', 'does not know tgc'),
    ('maxcpus=4', 'maximum=4', 'does not know maximum'),
    ('slots=2', 'slot=2', 'does not know slot'),
]

# (a golden case's text, what must be said about its command line with "-netdev vmnet-shared" in it)
EXCEPTIONS = [
    ('', 'does not know vmnet-shared'),
    ('#! unknown -netdev vmnet-shared: only macOS has it\n', 'does not know vmnet-shared'),
    ('#! os darwin\n#! unknown -netdev vmnet-shared: only macOS has it\n', None),
    ('#! version 99.1\n#! unknown -netdev vmnet-shared: since 99.1\n', None),
    ('#! os darwin\n#! unknown -netdev vmnet-host: only macOS has it\n', 'does not know vmnet-shared'),
    ('#! os darwin\n#! unknown -netdev vmnet-shared: only macOS has it\n#! unknown -cpu max: later\n',
     'need not say that it is unknown'),
]


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
    ('node-name=disk1', 'node-name=disk1,file.driver=null-co', 'nodes without a name'),
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


def changed(argv, old, new):
    """A line that has old in it with new in its place."""
    assert any(old in word for word in argv), old
    return [word.replace(old, new, 1) for word in argv]


def check_presence(qmp, argv):
    problems = ask(qmp, argv)
    check('what QEMU runs with is what it has', not problems, problems)
    for old, new, expected in WRONG:
        problems = ask(qmp, changed(argv, old, new))
        check(f'{old} is not {new}', any(expected in p for p in problems), f'{expected}: {problems}')


def check_schema(qmp, argv):
    problems = schema.check(qmp, argv, '')
    check('what QEMU runs with is known', not problems, problems)
    for old, new, expected in UNKNOWN:
        problems = schema.check(qmp, changed(argv, old, new), '')
        check(f'{new} is refused', any(expected in p for p in problems), f'{expected}: {problems}')
    foreign = changed(argv, 'user,id=net1', 'vmnet-shared,id=net1')
    for text, expected in EXCEPTIONS:
        problems = schema.check(qmp, foreign, text)
        good = any(expected in p for p in problems) if expected else not problems
        check(f'exceptions of {text!r}', good, f'{expected}: {problems}')


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
                check_presence(qmp, argv)
                check_schema(qmp, argv)
            finally:
                child.kill()
    print(f'1..{2 + len(WRONG) + len(UNKNOWN) + len(EXCEPTIONS)}')


if __name__ == '__main__':
    sys.exit(main())
