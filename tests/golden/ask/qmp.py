"""A QMP connection that asks and waits for each answer."""
import json
import socket


class QmpError(Exception):
    """QEMU's own words why it did not answer."""


class Qmp:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.lines = self.socket.makefile('rw', encoding='utf-8')
        greeting = json.loads(self.lines.readline())['QMP']['version']['qemu']
        self.version = greeting['major'], greeting['minor']
        self.ask('qmp_capabilities')

    def ask(self, command, **arguments):
        self.lines.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.lines.flush()
        while True:
            line = self.lines.readline()
            if not line:
                raise QmpError(f'{command}: QEMU is gone')
            answer = json.loads(line)
            if 'error' in answer:
                raise QmpError(f'{command}: {answer["error"]["desc"]}')
            if 'return' in answer:
                return answer['return']

    def try_ask(self, command, **arguments):
        """None where QEMU has no answer."""
        try:
            return self.ask(command, **arguments)
        except QmpError:
            return None

    def get(self, path, name):
        """A QOM property; None if there is no such, or it cannot be read."""
        return self.try_ask('qom-get', path=path, property=name)

    def children(self, path):
        """name: type, of what hangs below path in QOM."""
        return {p['name']: p['type'][6:-1] for p in self.ask('qom-list', path=path)
                if p['type'].startswith('child<')}

    def monitor(self, line):
        return self.ask('human-monitor-command', **{'command-line': line})
