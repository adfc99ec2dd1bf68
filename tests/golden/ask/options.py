"""QEMU's command line taken apart as QEMU does it."""
import json

# Options without a value.
ALONE = {'nodefaults', 'no-user-config', 'S', 's', 'no-reboot', 'no-shutdown', 'no-acpi', 'no-hpet', 'snapshot',
         'enable-kvm', 'nographic', 'usb', 'full-screen', 'no-fd-bootchk', 'daemonize'}

# What a value begins with, if that is a word without its key.
IMPLIED = {'blockdev': 'driver', 'netdev': 'type', 'device': 'driver', 'object': 'qom-type', 'chardev': 'backend',
           'machine': 'type', 'M': 'type', 'cpu': 'model', 'smp': 'cpus', 'm': 'size', 'accel': 'accel', 'numa': 'type',
           'name': 'guest', 'sandbox': 'enable', 'boot': 'order', 'vnc': 'vnc', 'mon': 'chardev', 'display': 'type',
           'audiodev': 'driver', 'fsdev': 'fsdriver', 'tpmdev': 'type', 'fw_cfg': 'name', 'trace': 'enable',
           'compat': 'deprecated-input', 'overcommit': 'mem-lock'}

# Values that are one text, in which no comma separates.
WHOLE = {'kernel', 'initrd', 'append', 'dtb', 'bios', 'uuid', 'serial', 'parallel', 'monitor', 'qmp', 'runas', 'k', 'L',
         'pidfile', 'D', 'd', 'gdb', 'incoming', 'loadvm', 'vga', 'watchdog-action', 'pflash', 'writeconfig', 'seed'}


class Option:
    """One option: flag without its dash, its value as text, and as (key, value) pairs or a JSON object."""

    def __init__(self, flag, text):
        self.flag, self.text, self.pairs, self.json = flag, text, [], None
        if text is None or flag in WHOLE:
            return
        if text.startswith('{'):
            self.json = json.loads(text)
            self.pairs = list(self.json.items())
        else:
            self.pairs = split(text, IMPLIED.get(flag))

    def get(self, key, default=None):
        """The last one wins, as in QEMU."""
        return dict(self.pairs).get(key, default)

    def rest(self, *but):
        return [(key, value) for key, value in self.pairs if key not in but]

    def __str__(self):
        return f'-{self.flag}' + (f' {self.text}' if self.text is not None else '')


def split(text, implied):
    """The pairs of "a=b,c=d": in a value a comma is written twice."""
    pairs, at = [], 0
    while at < len(text):
        key_end = at
        while key_end < len(text) and text[key_end] not in '=,':
            key_end += 1
        if key_end < len(text) and text[key_end] == '=':
            key, at = text[at:key_end], key_end + 1
        else:
            key = implied if not pairs else None
        value = ''
        while at < len(text):
            if text[at] == ',':
                if text[at + 1:at + 2] != ',':
                    break
                at += 1
            value += text[at]
            at += 1
        at += 1
        # A word alone is a switch, in either sense.
        pairs.append((key, value) if key is not None else (value, 'on'))
    return pairs


def parse(argv):
    options, at = [], 1
    while at < len(argv):
        if not argv[at].startswith('-') or argv[at] == '-':
            raise ValueError(f'no option: {argv[at]}')
        flag = argv[at].lstrip('-')
        if flag in ALONE:
            options.append(Option(flag, None))
            at += 1
        elif at + 1 == len(argv):
            raise ValueError(f'{argv[at]} without a value')
        else:
            options.append(Option(flag, argv[at + 1]))
            at += 2
    return options


SUFFIXES = {'b': 1, 'k': 1 << 10, 'm': 1 << 20, 'g': 1 << 30, 't': 1 << 40, 'p': 1 << 50, 'e': 1 << 60}


def number(text, unit=1):
    """A number or size as QEMU reads it; None if it is none."""
    if isinstance(text, int):
        return text
    if text[-1:].lower() in SUFFIXES and not text.lower().startswith('0x'):
        text, unit = text[:-1], SUFFIXES[text[-1].lower()]
    try:
        return int(text, 0) * unit
    except ValueError:
        return None


def switch(text):
    """True, False, or None if it is neither."""
    if isinstance(text, bool):
        return text
    return {'on': True, 'yes': True, 'true': True, 'y': True,
            'off': False, 'no': False, 'false': False, 'n': False}.get(text)


def tree(pairs):
    """Pairs with dotted keys as dicts in one another."""
    top = {}
    for key, value in pairs:
        here = top
        *outer, last = key.split('.')
        for name in outer:
            here = here.setdefault(name, {})
        here[last] = value
    return top
