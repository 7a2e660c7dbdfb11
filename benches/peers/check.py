#!/usr/bin/env python3
"""Owners that `peers owners` writes, against packages of PyPI (requirements.txt).

Prints a row for each: function, package, members, keys, disagreements. Exits with 1 where
docs/placement.md does not say that there are any, or does and there are none.
"""

import subprocess
import sys
from importlib.metadata import version

import guavahash
import jump
from clandestined import RendezvousHash
from uhashring import HashRing

PEERS = sys.argv[1]
KEYS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
MASK = 2**64 - 1


def owners(function, members, keys=KEYS):
    """Pairs of a key and its owner, as they are written."""
    command = [PEERS, "owners", function, str(members), str(keys)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.split() for line in lines.splitlines()]


def mum(a, b):
    product = a * b
    return (product & MASK) ^ (product >> 64)


def pair(a, b):
    """Our hash of a pair of words (`stormseed::hashing::hash::pair`), once more."""
    first = mum(a ^ 0x243F6A8885A308D3, b ^ 0x13198A2E03707345)
    turned = (a << 32 | a >> 32) & MASK
    return mum(first ^ turned ^ b, 0xA4093822299F31D1)


def signed(key):
    """A word as Java's long has it."""
    word = int(key)
    return word - 2**64 if word >> 63 else word


def jumps():
    for members in (10, 1_000, 100_000):
        pairs = owners("jump", members)
        found = [jump.hash(int(key), members) != int(owner) for key, owner in pairs]
        yield "jump", "jump-consistent-hash", members, found, False
        pairs = owners("jump-guava", members)
        found = [guavahash.guava(signed(key), members) != int(owner) for key, owner in pairs]
        yield "jump-guava", "guavahash", members, found, False


def rendezvous():
    members = 10
    lines = owners("rendezvous", members)
    names = {index: int(name) for name, index in lines[:members]}
    peer = RendezvousHash(list(names))

    def draw(text):
        index, key = text.split("-")
        return pair(int(key), names[index])

    peer.hash_function = draw
    found = [peer.find_node(key) != owner for key, owner in lines[members:]]
    yield "rendezvous", "clandestined", members, found, False


def ketama():
    weights = (600, 300, 200, 350, 1_000, 800, 950, 100)
    weighted = {f"10.0.1.{n}": weight for n, weight in enumerate(weights, 1)}
    cases = [("ketama-weighted", weighted, False)]
    cases += [("ketama", {f"m{n}": 1 for n in range(count)}, True) for count in (10, 100)]
    for function, hosts, differs in cases:
        nodes = {name: {"weight": weight, "vnodes": 40} for name, weight in hosts.items()}
        peer = HashRing(nodes=nodes, hash_fn="ketama")
        pairs = owners(function, len(hosts))
        found = [peer.get_node(key) != owner for key, owner in pairs]
        yield function, "uhashring", len(hosts), found, differs


def main():
    good = True
    print("\nfunction,package,members,keys,disagreements")
    for family in (jumps, rendezvous, ketama):
        for function, package, members, found, differs in family():
            package = f"{package} {version(package)}"
            print(f"{function},{package},{members},{len(found)},{sum(found)}", flush=True)
            good = good and any(found) == differs
    sys.exit(0 if good else 1)


main()
