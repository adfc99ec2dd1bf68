"""Is every option, property and value of a command line one that this QEMU's own schema knows, and not deprecated?

Of a case for another system or a later version, the schema here may lack a thing: the case says so, and why, in a line

    #! unknown -netdev vmnet-shared: only macOS has vmnet

with the option, and with the property, type or value that is not known; without that, the option itself is not.
"""
import re
import subprocess

import options
from options import number, switch, tree

# What -chardev calls otherwise than chardev-add, or keeps in an address of its own there.
CHARDEV_COMMON = {'id', 'backend', 'mux', 'logfile', 'logappend'}
CHARDEV_WORDS = {
    'socket': {'path': 'addr', 'host': 'addr', 'port': 'addr', 'fd': 'addr', 'abstract': 'addr', 'tight': 'addr',
               'to': 'addr', 'ipv4': 'addr', 'ipv6': 'addr', 'delay': 'nodelay'},
    'udp': {'host': 'remote', 'port': 'remote', 'localaddr': 'local', 'localport': 'local', 'ipv4': 'remote',
            'ipv6': 'remote'},
    'file': {'path': 'out', 'input-path': 'in'},
    'pipe': {'path': 'device'},
    'serial': {'path': 'device'},
    'parallel': {'path': 'device'},
    'spicevmc': {'name': 'type'},
    'spiceport': {'name': 'fqdn'},
    'vc': {'width': 'width', 'height': 'height', 'cols': 'cols', 'rows': 'rows'},
}

# What query-command-line-options calls an option's parameters.
GROUPS = {'smp': 'smp-opts', 'm': 'memory', 'boot': 'boot-opts'}

DEVICE_WORDS = {'driver', 'id', 'bus', 'addr'}


class Schema:
    def __init__(self, qmp, binary):
        self.qmp, self.problems, self.unknown = qmp, [], []
        self.entities = {e['name']: e for e in qmp.ask('query-qmp-schema')}
        self.groups = {g['option']: {p['name'] for p in g['parameters']}
                       for g in qmp.ask('query-command-line-options')}
        usage = subprocess.run([binary, '-help'], capture_output=True, text=True, check=True).stdout
        self.flags = set(re.findall(r'^(?:-\w+ or )?-{1,2}([\w-]+)', usage, re.M))
        self.flags |= set(re.findall(r'^-([\w-]+) or ', usage, re.M))

    def wrong(self, option, text):
        self.problems.append(f'{option}: {text}')

    def not_known(self, option, name):
        """name None: the option itself."""
        self.unknown.append((option, name))

    def deprecated(self, option, what, entity):
        for feature in entity.get('features', []):
            if feature in ('deprecated', 'unstable'):
                self.wrong(option, f'{what} is {feature}')

    # --- values of a type of the schema ---

    def members(self, option, entity, value):
        """name: member, with those that the value of the tag adds."""
        found = {m['name']: m for m in entity['members']}
        if 'tag' in entity:
            case = value.get(entity['tag'])
            for variant in entity['variants']:
                if variant['case'] == case:
                    found |= self.members(option, self.entities[variant['type']], value)
        return found

    def check_object(self, option, entity, value, where):
        if not isinstance(value, dict):
            self.wrong(option, f'{where} is not a group')
            return
        known = self.members(option, entity, value)
        for name, inner in value.items():
            path = f'{where}.{name}' if where else name
            if name not in known:
                self.not_known(option, path)
                continue
            self.deprecated(option, path, known[name])
            self.check_value(option, known[name]['type'], inner, path)
        for name, member in known.items():
            if name not in value and 'default' not in member:
                self.wrong(option, f'{where}: {name} is missing' if where else f'{name} is missing')

    def check_value(self, option, type_name, value, where):
        entity = self.entities[type_name]
        kind = entity['meta-type']
        self.deprecated(option, where, entity)
        if kind == 'object':
            self.check_object(option, entity, value, where)
        elif kind == 'array':
            # Dotted keys with numbers, JSON, or (in older options) one text or many.
            items = value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]
            for item in items:
                inner = self.entities[entity['element-type']]
                if isinstance(item, str) and inner['meta-type'] == 'object':
                    continue
                self.check_value(option, entity['element-type'], item, where)
        elif kind == 'alternate':
            self.check_alternate(option, entity, value, where)
        elif kind == 'enum':
            members = {m['name']: m for m in entity.get('members', [{'name': v} for v in entity['values']])}
            if value not in members:
                self.not_known(option, value)
            else:
                self.deprecated(option, f'{where}={value}', members[value])
        elif not self.fits(entity, value, option.json is not None):
            self.wrong(option, f'{where} is {value!r}, not a {entity["json-type"]}')

    @staticmethod
    def fits(entity, value, is_json):
        kind = entity['json-type']
        if kind == 'boolean':
            return isinstance(value, bool) if is_json else switch(value) is not None
        if kind == 'int':
            return isinstance(value, int) if is_json else number(value) is not None
        if kind == 'string':
            return isinstance(value, str)
        if kind == 'null':
            return value is None
        return True

    def check_alternate(self, option, entity, value, where):
        shape = {dict: 'object', list: 'array', bool: 'boolean', int: 'int', str: 'string', type(None): 'null'}
        kinds = {}
        for member in entity['members']:
            inner = self.entities[member['type']]
            kinds[inner.get('json-type', 'string' if inner['meta-type'] == 'enum' else inner['meta-type'])] = member
        member = kinds.get(shape[type(value)])
        if member is None and not option.json and kinds.keys() & {'boolean', 'int'}:
            member = kinds.get('boolean') or kinds.get('int')
        if member is None:
            self.wrong(option, f'{where} is {value!r}, none of {sorted(kinds)}')
        else:
            self.check_value(option, member['type'], value, where)

    # --- options ---

    def check_command(self, option, command, tag):
        """An option that is the arguments of a command; tag says which of its variants."""
        entity = self.entities[self.entities[command]['arg-type']]
        value = option.json if option.json is not None else tree(option.pairs)
        kinds = self.entities[next(m['type'] for m in entity['members'] if m['name'] == tag)]
        if value.get(tag) not in kinds['values']:
            self.not_known(option, value.get(tag))
        else:
            self.check_value(option, entity['name'], value, '')

    def check_chardev(self, option):
        kind = option.get('backend')
        arguments = {m['name']: m['type'] for m in self.entities[self.entities['chardev-add']['arg-type']]['members']}
        variants = {v['case']: v['type'] for v in self.entities[arguments['backend']]['variants']}
        if kind not in variants:
            self.not_known(option, kind)
            return
        wrapper = self.entities[variants[kind]]
        data = self.entities[wrapper['members'][0]['type']]
        known = {m['name']: m for m in data['members']}
        for key, value in option.pairs:
            word = CHARDEV_WORDS.get(kind, {}).get(key, key)
            if key in CHARDEV_COMMON:
                continue
            if word not in known:
                self.not_known(option, key)
                continue
            self.deprecated(option, key, known[word])
            if word == key and self.entities[known[word]['type']]['meta-type'] == 'builtin':
                self.check_value(option, known[word]['type'], value, key)

    def check_properties(self, option, known, words):
        for key, _ in option.pairs:
            if key not in words and key not in known:
                self.not_known(option, key)

    def device_properties(self, driver):
        found = self.qmp.try_ask('device-list-properties', typename=driver)
        return None if found is None else {p['name'] for p in found}

    def check_device(self, option):
        known = self.device_properties(option.get('driver'))
        if known is None:
            self.not_known(option, option.get('driver'))
        else:
            self.check_properties(option, known, DEVICE_WORDS)

    def check_machine(self, option):
        machines = {}
        for machine in self.qmp.ask('query-machines'):
            machines[machine['name']] = machines[machine.get('alias', machine['name'])] = machine
        machine = machines.get(option.get('type'))
        if machine is None:
            self.not_known(option, option.get('type'))
            return
        if machine['deprecated']:
            self.wrong(option, f'machine {option.get("type")} is deprecated')
        # Of the one that is there: QEMU 7.2 does not survive to be asked about a microvm in general.
        known = self.qmp.ask('qom-list', path='/machine')
        self.check_properties(option, {p['name'] for p in known}, {'type', 'accel'})

    def check_cpu(self, option):
        answer = self.qmp.try_ask('query-cpu-definitions')
        if answer is None:  # an architecture that has no list: QEMU itself has taken the model
            return
        models = {m['name']: m for m in answer}
        model = models.get(option.get('model'))
        if model is None:
            self.not_known(option, option.get('model'))
            return
        if model.get('deprecated'):
            self.wrong(option, f'model {option.get("model")} is deprecated')
        known = self.device_properties(model['typename'])
        for key, _ in option.rest('model'):
            if key.lstrip('+-') not in known:
                self.not_known(option, key.lstrip('+-'))

    def check_accel(self, option):
        name = option.get('accel')
        known = self.qmp.try_ask('qom-list-properties', typename=f'{name}-accel')
        if known is None:
            self.not_known(option, name)
        else:
            self.check_properties(option, {p['name'] for p in known}, {'accel'})

    def check_display(self, option):
        """query-display-options answers with what -display takes."""
        entity = self.entities[self.entities['query-display-options']['ret-type']]
        kinds = self.entities[next(m['type'] for m in entity['members'] if m['name'] == 'type')]
        if option.get('type') not in kinds['values']:
            self.not_known(option, option.get('type'))
        else:
            self.check_value(option, entity['name'], tree(option.pairs), '')

    def check_parameters(self, option):
        known = self.groups.get(GROUPS.get(option.flag, option.flag))
        if known:
            self.check_properties(option, known, {'id'})  # which goes without saying

    def check(self, argv):
        parts = {'blockdev': lambda o: self.check_command(o, 'blockdev-add', 'driver'),
                 'netdev': lambda o: self.check_command(o, 'netdev_add', 'type'),
                 'object': lambda o: self.check_command(o, 'object-add', 'qom-type'),
                 'chardev': self.check_chardev, 'device': self.check_device, 'machine': self.check_machine,
                 'cpu': self.check_cpu, 'accel': self.check_accel, 'display': self.check_display,
                 # Of the board's own devices; QEMU itself says which it cannot apply.
                 'global': lambda _: None}
        for option in options.parse(argv):
            if option.flag not in self.flags:
                self.not_known(option, None)
            else:
                parts.get(option.flag, self.check_parameters)(option)


def exceptions(text):
    """(flag, name) of each line "#! unknown -FLAG [NAME]: REASON"."""
    found = set()
    for line in re.findall(r'^#! unknown (.*)', text, re.M):
        match = re.fullmatch(r'-([\w-]+)(?: ([^:]+))?: \S.*', line)
        if match is None:
            raise ValueError(f'"#! unknown {line}" is not "#! unknown -OPTION [NAME]: REASON"')
        found.add((match[1], match[2]))
    return found


def is_elsewhere(text, version):
    """Is the case for another system or accelerator than this QEMU's, or for a later version?"""
    wanted = re.search(r'^#! version (\d+)\.(\d+)', text, re.M)
    other = re.search(r'^#! os (?!linux)|^#! accel hvf', text, re.M)
    return other is not None or (wanted is not None and (int(wanted[1]), int(wanted[2])) > version)


def check(qmp, argv, text):
    """The problems of argv, which the composer made of a case with this text."""
    schema = Schema(qmp, argv[0])
    schema.check(argv)
    excepted, elsewhere, used = exceptions(text), is_elsewhere(text, qmp.version), set()
    for option, name in schema.unknown:
        key = option.flag, name
        if elsewhere and key in excepted:
            used.add(key)
        else:
            schema.wrong(option, f'QEMU {qmp.version[0]}.{qmp.version[1]} does not know '
                         + (name if name is not None else f'-{option.flag}'))
    if elsewhere:
        for flag, name in excepted - used:
            schema.problems.append(f'QEMU knows -{flag} {name or ""}: the case need not say that it is unknown')
    return schema.problems
