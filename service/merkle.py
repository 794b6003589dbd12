"""The Merkle tree of a log, RFC 9162 section 2.1: roots, growth by batches, proofs and their verification.

A leaf is the hash of one entry; leaves are counted from 0. The frontier of a tree is all that it needs to grow: the
roots of its complete subtrees, the largest first, as many as its size has ones in binary.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """The leaf of an entry."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The inner node above two others."""
    return sha256(b"\1" + left + right).digest()


class Grown(NamedTuple):
    """A tree after a batch of leaves, and what proves of each leaf of the batch that it is in the tree."""

    size: int
    root: bytes
    frontier: tuple[bytes, ...]
    first: int
    """The index of the batch's first leaf, which is the tree's size before."""
    levels: list[tuple[int, list[bytes]]]
    """From the leaves upwards: the index of the first node and the nodes that the batch made, with their neighbours."""
    above: list[bytes]
    """The neighbours further up, all on the left and shared by the whole batch; the lowest first."""

    def proof(self, index: int) -> list[bytes]:
        """The inclusion proof of a leaf of the batch, by its index in the tree: RFC 9162, 2.1.3.1.

        Raises IndexError for a leaf that was not in the batch.
        """
        if not self.first <= index < self.size:
            raise IndexError(f"leaf {index} is not one of {self.first} to {self.size - 1}")
        path: list[bytes] = []
        for start, nodes in self.levels:
            place = (index ^ 1) - start
            if 0 <= place < len(nodes):
                path.append(nodes[place])
            index >>= 1
        return path + self.above


def append(frontier: Sequence[bytes], size: int, leaves: Sequence[bytes]) -> Grown:
    """Let a tree grow by a batch of leaves, of which nothing is known but its frontier and its size.

    Each inner node is hashed once: as many hashes as leaves, and two a level. Raises ValueError where the frontier does
    not belong to a tree of that size.
    """
    if len(frontier) != size.bit_count():
        raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees, not {len(frontier)}")
    kept, unpaired = list(frontier), list[bytes]()
    levels: list[tuple[int, list[bytes]]] = []
    start, nodes, ragged = size, list(leaves), None  # ragged: the incomplete subtree at the right edge
    while nodes:
        if start % 2:
            start, nodes = start - 1, [kept.pop(), *nodes]
        levels.append((start, nodes if ragged is None else [*nodes, ragged]))
        if len(nodes) % 2:
            last = nodes[-1]
            unpaired.append(last)
            ragged = last if ragged is None else node_hash(last, ragged)
        nodes = [node_hash(nodes[place], nodes[place + 1]) for place in range(0, len(nodes) - 1, 2)]
        start //= 2
    above = kept[::-1]
    root = ragged
    for left in above:
        root = left if root is None else node_hash(left, root)
    return Grown(
        size=size + len(leaves),
        root=EMPTY if root is None else root,
        frontier=(*kept, *reversed(unpaired)),
        first=size,
        levels=levels,
        above=above,
    )


def root(leaves: Sequence[bytes]) -> bytes:
    """The root of a tree of these leaves."""
    return append((), 0, leaves).root


class Tree:
    """A tree as a whole, with all of its complete subtrees by level: what it was at every earlier size costs little.

    Building hashes each inner node once; a root or proof then takes as many hashes as the tree has levels.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels = [leaves]
        while len(below := self._levels[-1]) > 1:
            self._levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])

    def root(self, size: int) -> bytes:
        """The root when the tree had a size. Raises ValueError where it has never had it."""
        self._check(size)
        return self._over(0, size)

    def proof(self, index: int, size: int) -> list[bytes]:
        """The inclusion proof of a leaf at a size: RFC 9162, 2.1.3.1. Raises IndexError, ValueError."""
        self._check(size)
        if not 0 <= index < size:
            raise IndexError(f"leaf {index} is not one of 0 to {size - 1}")
        first, last = 0, size
        path: list[bytes] = []
        while last - first > 1:
            half = _half(first, last)
            if index < half:
                path.append(self._over(half, last))
                last = half
            else:
                path.append(self._over(first, half))
                first = half
        return path[::-1]

    def consistency(self, old_size: int, size: int) -> list[bytes]:
        """That the tree at a size begins with the tree at an earlier one: RFC 9162, 2.1.4.1.

        Empty for an old size of nought, of which RFC 9162 says nothing: every tree begins with the empty one.
        Raises ValueError where the tree has never had such a size.
        """
        self._check(size)
        if not 0 <= old_size <= size:
            raise ValueError(f"a tree of {size} leaves has never had {old_size}")
        first, last, on_the_edge = 0, size, True
        path: list[bytes] = []
        while old_size not in {0, last}:
            half = _half(first, last)
            if old_size <= half:
                path.append(self._over(half, last))
                last = half
            else:
                path.append(self._over(first, half))
                first, on_the_edge = half, False
        if not on_the_edge:
            path.append(self._over(first, last))
        return path[::-1]

    def _check(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ValueError(f"a tree of {self.size} leaves has never had {size}")

    def _over(self, first: int, last: int) -> bytes:
        """The root over a run of leaves that begins where a subtree as large as it does: from the right, joined."""
        found = EMPTY
        while first < last:
            level = ((last - first) & (first - last)).bit_length() - 1
            last -= 1 << level
            node = self._levels[level][last >> level]
            found = node if found is EMPTY else node_hash(node, found)
        return found


def _half(first: int, last: int) -> int:
    """Where a run of at least two leaves is split: behind the largest power of two below their number."""
    return first + (1 << ((last - first - 1).bit_length() - 1))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """That the leaf with an index is in the tree of these leaves. Raises IndexError where there is none."""
    return Tree(leaves).proof(index, len(leaves))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """That the tree of the first `old_size` leaves is the beginning of the tree of all; raises ValueError."""
    return Tree(leaves).consistency(old_size, len(leaves))


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf with that index in the tree of that size and root: RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    return _climb((leaf,), index, size - 1, path) == (root,)


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new tree begins with the old one: RFC 9162, 2.1.4.2."""
    if old_size in {0, new_size}:
        return not path and old_root == (new_root if old_size == new_size else EMPTY)
    if not (0 < old_size < new_size and path):
        return False
    trailing = (~(old_size - 1) & old_size).bit_length() - 1
    if old_size == 1 << trailing:
        path = (old_root, *path)
    return _climb((path[0], path[0]), (old_size - 1) >> trailing, (new_size - 1) >> trailing, path[1:]) == (
        old_root,
        new_root,
    )


def _climb(nodes: tuple[bytes, ...], index: int, last: int, path: Sequence[bytes]) -> tuple[bytes, ...] | None:
    """From a node, or the same node of the old and the new tree, to the roots; None if the path has another length.

    A neighbour on the left is in both trees, one on the right in the new tree only.
    """
    *old, new = nodes
    for other in path:
        if last == 0:
            return None
        if index % 2 or index == last:
            old, new = [node_hash(other, node) for node in old], node_hash(other, new)
            while index and index % 2 == 0:
                index, last = index >> 1, last >> 1
        else:
            new = node_hash(new, other)
        index, last = index >> 1, last >> 1
    return (*old, new) if last == 0 else None
