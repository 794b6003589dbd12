"""Check the receipt of a bid without trusting the service that gave it. Needs Python 3.9 or later and nothing else.

Follows RFC 8032 (Ed25519), RFC 9162 section 2.1 (Merkle trees) and c2sp.org/tlog-checkpoint (signed notes).
Exit status 0: all that could be checked is right. 1: something is not, and the last line says what.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

FACTS = "tender_id lot_id supplier_id bid_id version submitted_at digest size rules_digest documents variant"
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # RFC 8032, 5.1
D, ROOT_OF_MINUS_ONE = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)


def require(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def point(data: bytes) -> tuple[int, int]:  # RFC 8032, 5.1.3
    y, odd = int.from_bytes(data, "little") % 2**255, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT_OF_MINUS_ONE % P
    require(y < P and x * x % P == square and (x or not odd), "A key or a signature is no point of the curve.")
    return (x if x % 2 == odd else P - x), y


def add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:  # RFC 7748, 4.1: -x² + y² = 1 + Dx²y²
    t = D * p[0] * q[0] * p[1] * q[1] % P
    over = pow(1 - t * t, -1, P)  # x and y are divided by 1 + t and 1 - t
    return (p[0] * q[1] + q[0] * p[1]) * (1 - t) * over % P, (p[1] * q[1] + p[0] * q[0]) * (1 + t) * over % P


def times(factor: int, p: tuple[int, int]) -> tuple[int, int]:
    total = times(factor // 2, add(p, p)) if factor else (0, 1)
    return add(total, p) if factor % 2 else total


def check_signature(key: bytes, signature: bytes, message: bytes) -> None:  # RFC 8032, 5.1.7
    require((len(key), len(signature)) == (32, 64), "A key has 32 bytes and a signature 64.")
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    require(s < ORDER and times(s, base) == add(r, times(k, a)), "The signature is false.")
    require(times(8, a) != (0, 1), "The key is of small order: its signature fits any text.")


def hashed(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root_above(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to: RFC 9162, 2.1.3.1; the first leaf has the index 0."""
    require(0 <= index < size and bool(path) == (size > 1), "The proof does not fit the entry's place in the log.")
    if size == 1:
        return leaf
    *below, other = path
    half = 1 << ((size - 1).bit_length() - 1)  # leaves on the left: the largest power of two below the size
    if index < half:
        return hashed(b"\1", root_above(leaf, index, half, below), other)
    return hashed(b"\1", other, root_above(leaf, index - half, size - half, below))


def check_log(log: Path, signed: dict[int, bytes]) -> int:
    """Refuse a log, one entry a line, unless it had these roots at these sizes. Returns how many entries it has."""
    complete, count = list[bytes](), 0  # the roots of the complete subtrees so far, the largest first
    with log.open("rb") as lines:
        for count, line in enumerate(lines, start=1):
            node, rest = hashed(b"\0", line.rstrip(b"\n")), count
            while rest % 2 == 0:
                node, rest = hashed(b"\1", complete.pop(), node), rest // 2
            complete.append(node)
            if count in signed:
                for left in complete[-2::-1]:
                    node = hashed(b"\1", left, node)
                require(node == signed[count], f"The log's first {count} entries are not those that were signed.")
    require(count >= max(signed), f"The log has lost entries: {max(signed)} were signed, it has {count}.")
    return count


def unbase64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    require(base64.b64encode(data).decode() == text, "Base 64 is not written in the one right way.")
    return data


def open_checkpoint(note: str, key: bytes) -> tuple[str, int, bytes]:
    """The name, the size and the root of a log in a signed note; refused unless this key has signed it."""
    text, _, signatures = note.rpartition("\n\n")
    origin, size, root = text.split("\n")
    start, key_hash = f"— {origin} ", hashed(origin.encode(), b"\n\1", key)[:4]
    ours = [unbase64(line[len(start) :]) for line in signatures.split("\n") if line.startswith(start)]
    signed = [line[4:] for line in ours if line[:4] == key_hash]
    require(signed and note.endswith("\n") and size == str(int(size)), "The checkpoint is not signed by that key.")
    check_signature(key, signed[0], f"{text}\n".encode())
    return origin, int(size), unbase64(root)


def check(receipt: dict[str, Any], key: str = "", log: str = "", log_checkpoint: str = "") -> Any:
    """Check a receipt and what else was given, log and checkpoint by file; yields a line for each thing that holds."""
    proof, gone = receipt["proof"], "withdrawn_at" in receipt
    signer = unbase64(proof["key"]["public_key"])
    require(key in {"", proof["key"]["public_key"]}, "The receipt is signed by another key than the one you gave.")
    origin, size, root = open_checkpoint(proof["checkpoint"], signer)
    entry, position, signed = json.loads(proof["entry"]), proof["position"], {size: root}
    above = root_above(hashed(b"\0", proof["entry"].encode()), position - 1, size, [*map(unbase64, proof["hashes"])])
    require(above == root, "The entry is not in the log that was signed.")
    require(entry["kind"] in (["bid.withdrawn"] if gone else ["bid.submitted", "bid.replaced"]), "It tells of no bid.")
    places = (entry["position"], size, origin, hashed(signer).hex()[:16])
    claims = (position, proof["tree_size"], f"tenderscore/{entry['log_id']}", proof["key"]["id"])
    require(repr(claims) == repr(places), "Position, tree size, log or the key's id is not what was signed.")
    told = {**entry["data"], "tender_id": entry["log_id"], "submitted_at": entry["at"], "withdrawn_at": entry["at"]}
    yield f"Entry {position} of the log {origin}, signed when it had {size} entries, says as the receipt does:"
    for name in [*FACTS.split(" ")[:5], "withdrawn_at"] if gone else FACTS.split(" "):  # as text, for True == 1.0 == 1
        said, meant = (repr({"variant": 0, **facts}[name]).replace(".000000Z", "Z") for facts in (receipt, told))
        require(said == meant, f"The receipt's {name} is not what the log says.")
        yield f"  {name} {said}"
    yield f"{'The bid was WITHDRAWN. ' if gone else ''}All else on the receipt, such as names, is not signed."
    yield f"Signed by the key {proof['key']['public_key']}{'' if key else '; compare it with the published one'}."
    if log_checkpoint:
        name, later, later_root = open_checkpoint(Path(log_checkpoint).read_text("utf-8"), signer)
        require(name == origin and later >= size, f"The checkpoint is another log's, or the log went back from {size}.")
        require(signed.setdefault(later, later_root) == later_root, "Two logs of one size have been signed: a fork.")
        yield f"The same key has signed the log at {later} entries{'' if log else '; give --log to compare them'}."
    if log:
        count = check_log(Path(log), signed)
        yield f"The log's first {max(signed)} entries are exactly those signed; {count - max(signed)} came later."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("receipt", "--key", "--log", "--log-checkpoint"):
        parser.add_argument(name, default="")
    try:
        given = vars(parser.parse_args())
        for line in check(json.loads(Path(given.pop("receipt")).read_text("utf-8")), **given):
            print(line)
    except (AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        sys.exit(f"NOT VERIFIED. {error if isinstance(error, (OSError, ValueError)) else f'No receipt: {error!r}'}")
    print("VERIFIED.")


if __name__ == "__main__":
    main()
