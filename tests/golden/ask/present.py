"""Is all that the command line says in the QEMU that runs, and nothing else?

What QEMU does not tell over QMP is not asked: -smbios, -fw_cfg, -rtc, -action, -fsdev, -sandbox, -overcommit.
"""
from collections import Counter

from options import number, switch, tree
from qmp import QmpError

PERIPHERAL = '/machine/peripheral/'


def same(said, has):
    """Does a property have the value that was said, whichever of its forms each is written in?"""
    if isinstance(has, bool):
        return switch(said) is has
    if isinstance(has, int):
        return number(said) == has
    if isinstance(has, str):
        said = {True: 'on', False: 'off'}.get(said, said) if isinstance(said, bool) else str(said)
        return has == said or has.endswith('/' + said) or (number(has) is not None and number(has) == number(said))
    return True  # a structure: in forms of its own


def count_inner(node):
    """How many block nodes are described inside of this one."""
    inner = [value for value in node.values() if isinstance(value, dict) and 'driver' in value]
    return len(inner) + sum(count_inner(value) for value in inner)


class Presence:
    def __init__(self, qmp, options):
        self.qmp, self.options, self.problems = qmp, options, []
        self.devices = [o for o in options if o.flag == 'device']

    def all(self, *flags):
        return [o for o in self.options if o.flag in flags]

    def last(self, *flags):
        found = self.all(*flags)
        return found[-1] if found else None

    def expect(self, good, text):
        if not good:
            self.problems.append(text)

    def expect_same(self, what, said, has):
        self.expect(has == said, f'{what}: QEMU has {has}, not {said}')

    def expect_names(self, what, said, has):
        """Exactly these, each once."""
        said, has = Counter(list(said)), Counter(list(has))
        for name in (said - has).elements():
            self.problems.append(f'{what} {name} is not there')
        for name in (has - said).elements():
            self.problems.append(f'{what} {name} is there, and nobody asked for it')

    def expect_properties(self, what, path, pairs):
        for name, said in pairs:
            has = self.qmp.get(path, name)
            self.expect(has is None or same(said, has), f'{what}: {name} is {has!r}, not {said!r}')

    def type_of(self, driver):
        """The type's own name; the driver may be an alias, such as "virtio-blk"."""
        if not hasattr(self, 'types'):
            self.types = {t['name'] for t in self.qmp.ask('qom-list-types')}
        return driver if driver in self.types else None

    def check_devices(self):
        said = {o.get('id'): o for o in self.devices if o.get('id') is not None}
        has = self.qmp.children(PERIPHERAL[:-1])
        self.expect_names('device', said, has)
        for name in said.keys() & has.keys():
            option, path = said[name], PERIPHERAL + name
            wanted = self.type_of(option.get('driver'))
            self.expect(wanted is None or has[name] == wanted, f'device {name} is a {has[name]}, not a {wanted}')
            # usb-storage hands its drive on to a SCSI disk behind it: check_blocks() finds it there.
            moved = ('drive',) if has[name] == 'usb-storage' else ()
            self.expect_properties(f'device {name}', path, option.rest('id', 'driver', 'bus', 'addr', *moved))
            if option.get('bus') is not None:
                bus = self.qmp.get(path, 'parent_bus').rsplit('/', 1)[-1]
                self.expect_same(f'bus of device {name}', option.get('bus'), bus)
        nameless = [self.type_of(o.get('driver')) or o.get('driver') for o in self.devices if o.get('id') is None]
        self.expect_names('nameless device', nameless, self.qmp.children('/machine/peripheral-anon').values())

    def check_pci(self):
        """Every PCI device is on a bus that the firmware will see, in the slot that was said."""
        functions = [d for bus in self.qmp.ask('query-pci') for d in bus['devices']]
        seen = Counter(d['qdev_id'] for d in functions if d['qdev_id'])
        on_root = Counter()
        for option in self.devices:
            name = option.get('id')
            if name is None or self.qmp.get(PERIPHERAL + name, 'multifunction') is None:
                continue
            bus = self.qmp.get(PERIPHERAL + name, 'parent_bus')
            if not bus.startswith(PERIPHERAL):  # a bus behind a bridge has no number before the firmware gives it one
                on_root[name] += 1
        self.expect_names('PCI device', on_root.elements(), seen.elements())
        places = Counter((bus['bus'], d['slot'], d['function']) for bus in self.qmp.ask('query-pci')
                         for d in bus['devices'])
        self.expect(all(n == 1 for n in places.values()), f'a PCI function twice: {places}')
        slots = {place[:2] for place in places}
        self.expect(all(slot < 32 for _, slot in slots), f'a PCI slot beyond 31: {slots}')
        for option in self.devices:
            address = option.get('addr')
            if address is not None and option.get('id') in on_root:
                slot, _, function = str(address).partition('.')
                has = [(d['slot'], d['function']) for d in functions if d['qdev_id'] == option.get('id')]
                self.expect_same(f'address of {option.get("id")}', [(int(slot, 16), int(function or '0', 16))], has)

    def check_blocks(self):
        said = {}
        for option in self.all('blockdev'):
            values = option.json if option.json is not None else tree(option.pairs)
            said[values['node-name']] = values
        has = {n['node-name']: n for n in self.qmp.ask('query-named-block-nodes')}
        # A node that is described inside another one has a name of QEMU's own.
        own = [name for name in has if name.startswith('#block')]
        if not self.all('drive'):
            self.expect_same('nodes without a name', sum(count_inner(node) for node in said.values()), len(own))
            self.expect_names('block node', said, has.keys() - set(own))
        for name in said.keys() & has.keys():
            self.check_node(name, said[name], has[name])
        attached = {b['qdev']: b for b in self.qmp.ask('query-block') if 'qdev' in b}
        for option in self.devices:
            name, drive = option.get('id'), option.get('drive')
            block = next((b for path, b in attached.items() if path == name
                          or path.startswith(PERIPHERAL + f'{name}/')), None)
            node = (block or {}).get('inserted', {}).get('node-name')
            self.expect_same(f'drive of device {name}', drive, node)
            if option.get('driver') in ('ide-cd', 'scsi-cd', 'floppy'):
                self.expect(block is not None, f'device {name} is no drive')

    def check_node(self, name, said, has):
        self.expect_same(f'driver of block node {name}', said['driver'], has['drv'])
        cache = said.get('cache', {})
        for key, got in (('read-only', has['ro']), ('direct', has['cache']['direct']),
                         ('no-flush', has['cache']['no-flush'])):
            wish = switch((said if key == 'read-only' else cache).get(key, False))
            self.expect_same(f'{key} of block node {name}', wish, got)
        self.expect_same(f'detect-zeroes of block node {name}', said.get('detect-zeroes', 'off'), has['detect_zeroes'])

    def check_objects(self):
        said = {o.get('id'): o for o in self.all('object')}
        has = self.qmp.children('/objects')
        ram = {m['default-ram-id'] for m in self.qmp.ask('query-machines') if 'default-ram-id' in m}
        self.expect_names('object', said, [name for name in has if name in said or name not in ram])
        for name in said.keys() & has.keys():
            self.expect_same(f'type of object {name}', said[name].get('qom-type'), has[name])
            pairs = [(k, v) for k, v in said[name].rest('id', 'qom-type', 'host-nodes') if not isinstance(v, (dict, list))]
            self.expect_properties(f'object {name}', f'/objects/{name}', pairs)

    def check_chardevs(self):
        said = {o.get('id'): o for o in self.all('chardev')}
        has = {c['label'] for c in self.qmp.ask('query-chardev')}
        # What is hidden behind "-serial stdio" and the like has a name of QEMU's own.
        own = {name for name in has if name.startswith(('#', 'compat_monitor', 'parallel', 'serial', 'gdb'))} - said.keys()
        self.expect(len(own) <= len(self.all('qmp', 'monitor', 'serial', 'parallel', 'gdb')),
                    f'nobody asked for chardev {own}')
        muxed = {f'{name}-base' for name in said if switch(said[name].get('mux', 'off'))}
        self.expect_names('chardev', said, has - own - muxed)
        for name in said.keys() & has:
            base = name + '-base' if f'{name}-base' in has else name
            self.expect_same(f'kind of chardev {name}', 'chardev-' + said[name].get('backend'),
                             self.qmp.get('/chardevs/' + base, 'type'))

    def check_network(self):
        """"info network" is all that there is: "net0: index=0,type=nic,…", below it its peer."""
        lines = self.qmp.monitor('info network').split('\r\n')
        has, nic = {}, None
        for line in lines:
            name, _, rest = line.strip(' \\').partition(': ')
            pairs = dict(p.partition('=')[::2] for p in rest.split(','))
            if pairs.get('type') == 'nic':
                nic = name
            elif 'type' in pairs:
                has.setdefault(name, (pairs['type'], nic))
        said = {o.get('id'): o for o in self.all('netdev')}
        self.expect_names('netdev', said, has)
        owners = {o.get('netdev'): o.get('id') for o in self.devices if o.get('netdev') is not None}
        for name in said.keys() & has.keys():
            self.expect_same(f'kind of netdev {name}', said[name].get('type'), has[name][0])
            if owners.get(name) is not None:
                self.expect_same(f'NIC of netdev {name}', owners[name], has[name][1])

    def check_cpus(self):
        cpus, option = self.qmp.ask('query-cpus-fast'), self.last('smp')
        smp = self.qmp.get('/machine', 'smp')
        for key, value in option.pairs if option else []:
            self.expect_same(f'-smp {key}', number(value), smp.get(key))
        self.expect_same('number of CPUs', smp['cpus'], len(cpus))
        slots = self.qmp.try_ask('query-hotpluggable-cpus')
        if slots is not None:
            self.expect_same('places for CPUs', smp['maxcpus'], sum(slot['vcpus-count'] for slot in slots))
        model = self.last('cpu')
        if model is not None:
            self.check_model(model, cpus[0]['qom-path'])

    def check_model(self, option, path):
        name, kind = option.get('model'), self.qmp.get(path, 'type')
        self.expect(kind.startswith(name + '-') or kind == name, f'the CPU is a {kind}, not {name}')
        for key, value in option.rest('model'):
            if key[0] in '+-':
                key, value = key[1:], key[0] == '+'
            self.expect_properties('CPU', path, [(key, value)])

    def check_memory(self):
        option, memory = self.last('m'), self.qmp.get('/machine', 'memory')
        summary = self.qmp.try_ask('query-memory-size-summary')
        if option is None:
            return
        size = number(option.get('size'), 1 << 20)
        self.expect_same('memory', size, memory['size'])
        self.expect(summary is None or summary['base-memory'] == size, f'memory is {summary}, not {size}')
        if option.get('maxmem') is not None:
            self.expect_same('most memory', number(option.get('maxmem'), 1 << 20), memory['max-size'])
        if option.get('slots') is not None:
            self.expect_same('slots for memory', number(option.get('slots')), memory['slots'])
        nodes = [o for o in self.all('numa') if o.get('type') == 'node']
        # Memory that can be added needs a node, which QEMU makes by itself, as it does for pseries in any case.
        alone = option.get('slots') is not None or self.qmp.get('/machine', 'type').startswith('pseries')
        wish = len(nodes) or int(alone)
        self.expect_same('NUMA nodes', f'{wish} nodes', self.qmp.monitor('info numa').split('\r\n')[0])

    def check_machine(self):
        option = self.last('machine', 'M')
        if option is None:
            return
        names = {m.get('alias', m['name']): m['name'] for m in self.qmp.ask('query-machines')}
        name = names.get(option.get('type'), option.get('type'))
        self.expect_same('machine', name + '-machine', self.qmp.get('/machine', 'type'))
        # "max" becomes the number that it stands for.
        rest = [(key, value) for key, value in option.rest('type') if (key, value) != ('gic-version', 'max')]
        self.expect_properties('machine', '/machine', rest)
        for flag in ('kernel', 'initrd', 'append', 'dtb'):
            given = self.last(flag)
            has = self.qmp.get('/machine', flag)
            self.expect_same(f'-{flag}', given.text if given else '', has or '')

    def check_display(self):
        shown, option = self.qmp.ask('query-display-options'), self.last('display')
        if option is not None:
            self.expect_same('display', option.get('type'), shown['type'])
        servers = [s for v in self.qmp.try_ask('query-vnc-servers') or [] for s in v['server']]
        said = self.all('vnc')
        self.expect_same('VNC servers', sum(1 + (o.get('websocket') is not None) for o in said if o.text != 'none'),
                         len(servers))
        for option in said:
            address = option.get('vnc')
            host, _, display = address.rpartition(':')
            if host == 'unix' or address.startswith('unix:'):
                continue
            want = (host.strip('[]'), str(5900 + int(display)))
            self.expect(want in [(s['host'], s['service']) for s in servers], f'no VNC server listens on {address}')
            secret = option.get('password-secret') is not None or switch(option.get('password', 'off'))
            self.expect(not secret or all('vnc' in s.get('vencrypt', s['auth']) for s in servers), 'VNC takes no password')
        if self.all('spice'):
            self.expect(self.qmp.ask('query-spice')['enabled'], 'SPICE is off')

    def check_rest(self):
        name, uuid = self.last('name'), self.last('uuid')
        if name is not None:
            self.expect_same('name', name.get('guest'), self.qmp.ask('query-name').get('name'))
        if uuid is not None:
            self.expect_same('UUID', uuid.text, self.qmp.ask('query-uuid')['UUID'])
        tpms = self.qmp.try_ask('query-tpm')
        self.expect_names('TPM', [o.get('id') for o in self.all('tpmdev')], [t['id'] for t in tpms or []])
        audio = self.qmp.try_ask('query-audiodevs')  # of 8.0 and later
        if audio is not None:
            self.expect_names('audiodev', [o.get('id') for o in self.all('audiodev')], [a['id'] for a in audio])
        for option in self.all('trace'):
            states = self.qmp.ask('trace-event-get-state', name=option.get('enable'))
            self.expect(states and all(s['state'] == 'enabled' for s in states), f'{option} is not on')

    def check(self):
        for part in (self.check_machine, self.check_cpus, self.check_memory, self.check_devices, self.check_pci,
                     self.check_blocks, self.check_objects, self.check_chardevs, self.check_network,
                     self.check_display, self.check_rest):
            try:
                part()
            except QmpError as error:
                self.problems.append(str(error))
        return self.problems
