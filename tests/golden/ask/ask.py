#!/usr/bin/env python3
"""Asks a stopped QEMU whether it is what its command line says: ask.py QMP CONF SAID RUN.

SAID and RUN are files of arguments, each ended by a NUL: those that the composer made for the case CONF, which QEMU's
schema must know, and those that QEMU runs with, in which what this machine lacks is replaced, and all of which must be
there. Every problem is a line on standard output.
"""
import sys

sys.dont_write_bytecode = True

import options
import schema
from present import Presence
from qmp import Qmp


def arguments(path):
    with open(path, encoding='utf-8') as file:
        return file.read().split('\0')[:-1]


def main():
    socket, conf, said, run = sys.argv[1:]
    qmp = Qmp(socket)
    with open(conf, encoding='utf-8') as file:
        problems = schema.check(qmp, arguments(said), file.read())
    problems += Presence(qmp, options.parse(arguments(run))).check()
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
