"""The log's tree is that of RFC 9162: by its own recursive definition, and by the vectors that others published."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import merkle
from service.verify_receipt import roots_above

# Leaves, roots and proofs of the reference tree: cpp/merkletree/merkle_tree_test.cc of google/certificate-transparency.
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = """
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
"""
INCLUSION = {
    (0, 8): """
        96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7
        5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
        6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4""",
    (5, 8): """
        bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b
        ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0
        d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7""",
    (2, 3): "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    (1, 5): """
        6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
        5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
        bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b""",
    (0, 1): "",
}
CONSISTENCY = {
    (1, 1): "",
    (1, 8): """
        96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7
        5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
        6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4""",
    (6, 8): """
        0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a
        ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0
        d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7""",
    (2, 5): """
        5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
        bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b""",
}
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
WRONG = hashlib.sha256(b"another").digest()


def numbered(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % number) for number in range(count)]


# RFC 9162, section 2.1, word for word


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of 2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\1" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def defined_inclusion(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*defined_inclusion(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_inclusion(m - k, leaves[k:]), defined_root(leaves[:k])]


def defined_consistency(m: int, leaves: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF of 2.1.4.1."""
    if m == len(leaves):
        return [] if known else [defined_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*defined_consistency(m, leaves[:k], known=known), defined_root(leaves[k:])]
    return [*defined_consistency(m - k, leaves[k:], known=False), defined_root(leaves[:k])]


def split(n: int) -> int:
    """The largest power of two below n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


# What others published


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_the_published_ones(size: int):
    assert merkle.root(LEAVES[:size]).hex() == ROOTS.split()[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_inclusion_proofs_are_the_published_ones(index: int, size: int):
    proof = merkle.inclusion_proof(LEAVES[:size], index)
    assert [node.hex() for node in proof] == INCLUSION[index, size].split()


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_the_consistency_proofs_are_the_published_ones(old: int, new: int):
    proof = merkle.consistency_proof(LEAVES[:new], old)
    assert [node.hex() for node in proof] == CONSISTENCY[old, new].split()


# Growth


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_tree_that_grew_by_batches_is_the_tree_that_the_rfc_defines(batches: list[int]):
    """Whatever the batches: the root, the frontier and every proof are those of the whole tree."""
    leaves = numbered(sum(batches))
    frontier, size = (), 0
    for count in batches:
        grown = merkle.append(frontier, size, leaves[size : size + count])
        whole = leaves[: size + count]
        assert (grown.size, grown.root) == (len(whole), defined_root(whole))
        for index in range(size, size + count):
            assert grown.proof(index) == defined_inclusion(index, whole)
        frontier, size = grown.frontier, grown.size
        assert frontier == merkle.append((), 0, whole).frontier


def test_every_small_tree_grows_by_every_small_batch():
    """All pairs of sizes up to 35 before and up to 19 at once, so that every carry has been seen."""
    leaves = numbered(54)
    proofs = {size: [defined_inclusion(index, leaves[:size]) for index in range(size)] for size in range(1, 54)}
    for size in range(36):
        frontier = merkle.append((), 0, leaves[:size]).frontier
        for count in range(1, 19):
            grown = merkle.append(frontier, size, leaves[size : size + count])
            assert [grown.proof(index) for index in range(size, grown.size)] == proofs[grown.size][size:]
            assert grown.root == defined_root(leaves[: grown.size])


def test_a_frontier_of_another_size_is_refused():
    """A damaged head of a log must not become a root that somebody signs."""
    with pytest.raises(ValueError, match="a tree of 3 leaves has 2 complete subtrees, not 1"):
        merkle.append([WRONG], 3, LEAVES)


def test_only_the_batch_s_own_leaves_have_proofs():
    grown = merkle.append(merkle.append((), 0, LEAVES[:3]).frontier, 3, LEAVES[3:5])
    for index in (-1, 2, 5):
        with pytest.raises(IndexError):
            grown.proof(index)


# Earlier sizes


@given(st.integers(0, 70), st.data())
def test_a_tree_remembers_what_it_was_at_every_size(size: int, data: st.DataObject):
    """Roots, inclusion and consistency as they are defined, from one tree that holds each node once."""
    leaves, earlier = numbered(size), data.draw(st.integers(0, size))
    tree = merkle.Tree(leaves)
    assert tree.root(earlier) == merkle.root(leaves[:earlier]) == defined_root(leaves[:earlier])
    old_size = data.draw(st.integers(0, earlier))
    told = defined_consistency(old_size, leaves[:earlier]) if old_size else []
    assert tree.consistency(old_size, earlier) == told
    if earlier:
        index = data.draw(st.integers(0, earlier - 1))
        assert tree.proof(index, earlier) == defined_inclusion(index, leaves[:earlier])


def test_a_tree_answers_for_any_size_with_few_hashes(monkeypatch: pytest.MonkeyPatch):
    """Of 5,000 leaves 13 levels: neither a root nor a proof hashes the tree anew."""
    tree, made = merkle.Tree(numbered(5000)), list[int]()
    whole = merkle.node_hash
    monkeypatch.setattr(merkle, "node_hash", lambda left, right: made.append(1) or whole(left, right))
    for size in (4095, 4096, 4097, 4999):
        for ask in (tree.root, lambda size: tree.proof(size // 2, size), lambda size: tree.consistency(77, size)):
            made.clear()
            ask(size)
            assert len(made) <= 2 * 13


def test_a_tree_has_never_had_more_leaves_than_it_has():
    tree = merkle.Tree(LEAVES)
    for ask in (lambda: tree.root(9), lambda: tree.root(-1), lambda: tree.proof(0, 9), lambda: tree.consistency(5, 4)):
        with pytest.raises(ValueError, match="has never had"):
            ask()
    for index in (-1, 3):
        with pytest.raises(IndexError):
            tree.proof(index, 3)


# Proofs


@given(st.integers(1, 70), st.data())
def test_an_inclusion_proof_fits_its_leaf_place_size_and_root_only(size: int, data: st.DataObject):
    """The tree's own verifier and the published script's accept the defined proof; any other value is refused."""
    leaves = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(leaves, index), merkle.root(leaves)
    assert proof == defined_inclusion(index, leaves)
    assert merkle.verify_inclusion(leaves[index], index, size, proof, root)
    assert roots_above(leaves[index], index + 1, size, proof)[1] == root
    others = [(index + 1, proof), (index - 1, proof), (index, [*proof, WRONG]), (index, [WRONG, *proof])]
    others += [(index, [*proof[:at], WRONG, *proof[at + 1 :]]) for at in range(len(proof))]
    others += [(index, proof[:-1])] if proof else []
    for place, path in others:
        assert not merkle.verify_inclusion(leaves[index], place, size, path, root)
        assert not leads_to(root, leaves[index], place, size, path)
    assert not merkle.verify_inclusion(WRONG, index, size, proof, root)
    assert not merkle.verify_inclusion(leaves[index], index, size, proof, WRONG)


def leads_to(root: bytes, leaf: bytes, index: int, size: int, path: list[bytes]) -> bool:
    """The published script's judgement."""
    try:
        return roots_above(leaf, index + 1, size, path)[1] == root
    except ValueError:
        return False


def connects(old_size: int, old: bytes, size: int, new: bytes, path: list[bytes]) -> bool:
    """The published script's judgement: as in its check(), the old root stands for itself where it is a node."""
    node, *rest = [old, *path] if old_size & (old_size - 1) == 0 or old_size == size else path or [WRONG]
    try:
        return roots_above(node, old_size, size, rest) == (old, new)
    except ValueError:
        return False


@given(st.integers(1, 70), st.data())
def test_the_published_script_takes_a_consistency_proof_for_its_two_trees_only(size: int, data: st.DataObject):
    leaves = numbered(size)
    old_size = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(leaves, old_size)
    old, new = merkle.root(leaves[:old_size]), merkle.root(leaves)
    assert connects(old_size, old, size, new, proof)
    others = [[*proof, WRONG], [WRONG, *proof], *([*proof[:at], WRONG, *proof[at + 1 :]] for at in range(len(proof)))]
    others += [proof[:-1], proof[1:]] if proof else []
    assert not any(connects(old_size, old, size, new, path) for path in others)
    assert not connects(old_size, WRONG, size, new, proof)
    assert not connects(old_size, old, size, WRONG, proof)
    assert not any(connects(other, old, size, new, proof) for other in range(size + 2) if other != old_size)


@given(st.integers(0, 70), st.data())
def test_a_consistency_proof_fits_its_two_trees_only(size: int, data: st.DataObject):
    leaves = numbered(size)
    old_size = data.draw(st.integers(0, size))
    proof = merkle.consistency_proof(leaves, old_size)
    old, new = merkle.root(leaves[:old_size]), merkle.root(leaves)
    assert proof == (defined_consistency(old_size, leaves) if old_size else [])
    assert merkle.verify_consistency(old_size, old, size, new, proof)
    assert not merkle.verify_consistency(old_size, WRONG, size, new, proof)
    if old_size:
        assert not merkle.verify_consistency(old_size, old, size, WRONG, proof)
    assert not merkle.verify_consistency(old_size, old, size, new, [*proof, WRONG])
    assert not merkle.verify_consistency(old_size, old, size, new, [WRONG, *proof])
    for at in range(len(proof)):
        assert not merkle.verify_consistency(old_size, old, size, new, [*proof[:at], WRONG, *proof[at + 1 :]])
    if proof:
        assert not merkle.verify_consistency(old_size, old, size, new, proof[:-1])
        assert not merkle.verify_consistency(size, new, old_size, old, proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (2, 1), (-1, 3), (0, -1)])
def test_a_place_outside_of_the_tree_has_no_proof(index: int, size: int):
    assert not merkle.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


@pytest.mark.parametrize("old_size", [-1, 9])
def test_a_size_that_the_tree_has_never_had_is_refused(old_size: int):
    with pytest.raises(ValueError, match="has never had"):
        merkle.consistency_proof(LEAVES, old_size)
