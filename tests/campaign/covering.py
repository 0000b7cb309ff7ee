# SPDX-License-Identifier: GPL-2.0-or-later
"""Pairwise covering arrays: every two values of two factors that can meet do meet in some row, in the spirit of AETG."""
from itertools import combinations

from factors import FACTORS, why_excluded

CANDIDATES = 12  # rows tried for each one taken


def complete(cell, names, rng, score):
    """Add a value of each factor in `names` to the part of a cell, the best by `score` first; None if there is no way."""
    if not names:
        return cell
    name = names[0]
    values = list(FACTORS[name])
    rng.shuffle(values)
    values.sort(key=lambda value: -score(cell, name, value))
    for value in values:
        more = {**cell, name: value}
        if not why_excluded(more):
            whole = complete(more, names[1:], rng, score)
            if whole:
                return whole
    return None


def pairs(cell):
    """The pairs of a cell, each with its factors in the order of FACTORS."""
    return set(combinations(((name, cell[name]) for name in FACTORS), 2))


def possible_pairs(rng):
    found = set()
    for a, b in combinations(FACTORS, 2):
        for x in FACTORS[a]:
            for y in FACTORS[b]:
                part = {a: x, b: y}
                rest = [name for name in FACTORS if name not in part]
                if not why_excluded(part) and complete(part, rest, rng, lambda *_: 0):
                    found.add(((a, x), (b, y)))
    return found


def covering_array(rng):
    """Cells in which every possible pair occurs."""
    left = possible_pairs(rng)
    order = {name: i for i, name in enumerate(FACTORS)}

    def pair(a, b):
        return (a, b) if order[a[0]] < order[b[0]] else (b, a)

    def gain(cell, name, value):
        return sum(pair((name, value), known) in left for known in cell.items())

    rows = []
    while left:
        seeds = rng.sample(sorted(left), min(CANDIDATES, len(left)))
        best, most = None, 0
        for seed in seeds:
            rest = [name for name in FACTORS if name not in dict(seed)]
            rng.shuffle(rest)
            cell = complete(dict(seed), rest, rng, gain)
            new = len(pairs(cell) & left)
            if new > most:
                best, most = cell, new
        rows.append(best)
        left -= pairs(best)
    rng.shuffle(rows)
    return rows


def cells(rng, count):
    """`count` cells: covering arrays one after the other, each filled in another way; the last may be cut."""
    rows = []
    while len(rows) < count:
        rows += covering_array(rng)
    return rows[:count]
