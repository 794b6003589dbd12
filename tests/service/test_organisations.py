"""Organisations, people and keys: who is calling, and what a key may do."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from service.organisations import make_key, read_key
from tests.make import a_key, a_person, a_tender, an_organisation
from tests.service.conftest import LOG, Market, Person, done, refused


async def platform_log(market: Market, kind: str, **facts: str) -> list[dict[str, object]]:
    """The entries of this kind and these facts in the log of what belongs to no tender."""
    rows = await market.owner.fetch(
        "SELECT data::text, person_id::text FROM events WHERE log_id = $1 AND kind = $2 AND data @> $3::jsonb",
        "00000000-0000-0000-0000-000000000000",
        kind,
        json.dumps(facts),
    )
    return [json.loads(row["data"]) | {"person_id": row["person_id"]} for row in rows]


# Registering


async def test_the_operator_registers_organisations(market: Market) -> None:
    """A new supplier gets a first person with a key that can make further ones; the log says who registered it."""
    answer = await market.operator.post("/organisations", an_organisation(identifier="GB-COH-00000001"))
    made = done(answer)
    assert answer.status_code == 201
    assert made["organisation"]["identifier"] == "GB-COH-00000001"
    assert made["key"]["key"]["scopes"] == ["read", "write", "admin"]
    first = Person(market.http, made["key"]["secret"])
    me = done(await first.get("/organisations/me"))
    assert (me["organisation_id"], me["person_id"]) == (made["organisation"]["id"], made["person"]["id"])
    (entry,) = await platform_log(market, "organisation.registered", organisation_id=made["organisation"]["id"])
    assert entry["person_id"] == market.operator.id


async def test_an_identifier_is_registered_once(market: Market) -> None:
    """Two organisations cannot claim one company number."""
    body = an_organisation(identifier="GB-COH-00000002")
    done(await market.operator.post("/organisations", body))
    refused(await market.operator.post("/organisations", body), 409, "organisation-already-registered")


async def test_only_the_operator_registers(market: Market) -> None:
    """A city's administrator does not make other organisations."""
    refused(await market.author.post("/organisations", an_organisation()), 403, "forbidden")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "operator"),
        ("name", ""),
        ("name", "   "),
        ("name", "n" * 201),
        ("identifier", "01234567"),
        ("identifier", "gb-coh-1"),
        ("person", {}),
        ("person", a_person(email="nobody")),
        ("rank", 1),
    ],
)
async def test_a_wrong_registration_names_the_field(market: Market, field: str, value: object) -> None:
    """What cannot be stored is refused with its place."""
    problem = refused(
        await market.operator.post("/organisations", an_organisation(**{field: value})), 422, "invalid-request"
    )
    (fault,) = problem["errors"]
    assert field in fault["pointer"] + fault["message"]


# People


async def test_people_are_added_by_their_own_administrator(market: Market) -> None:
    """A person belongs to the organisation of whoever added them, and the log says so."""
    person = done(await market.author.post("/people", a_person(name="Lin Chen", email=None)))
    assert person["organisation_id"] == market.author.organisation_id
    (entry,) = await platform_log(market, "person.added", person_id=person["id"])
    assert entry["person_id"] == market.author.id


async def test_who_is_no_administrator_adds_nobody(market: Market) -> None:
    """The scope `admin` is needed for people and keys."""
    refused(await market.colleague.post("/people", a_person()), 403, "forbidden")
    path = f"/people/{market.colleague.id}/keys"
    refused(await market.colleague.post(path, a_key()), 403, "forbidden")
    refused(await market.colleague.get(f"/people/{market.evaluator.id}/keys"), 403, "forbidden")
    refused(await market.colleague.delete(f"/keys/{key_id(market.evaluator)}"), 403, "forbidden")


async def test_people_are_listed_a_page_at_a_time(market: Market) -> None:
    """Nobody is listed twice and nobody is missed, even when somebody joins between two pages."""
    first = await market.register(name="Paging Ltd")
    expected = [first.id] + [done(await first.post("/people", a_person()))["id"] for _ in range(4)]
    seen: list[str] = []
    path = "/people?limit=2"
    while path:
        page = done(await first.get(path))
        seen += [person["id"] for person in page["items"]]
        if len(seen) == 2:
            expected.append(done(await first.post("/people", a_person()))["id"])
        path = page.get("next") and f"/people?limit=2&cursor={page['next']}"
    assert seen == expected


async def test_other_organisations_people_are_not_listed(market: Market) -> None:
    """A list holds one's own people only."""
    ids = {person["id"] for person in done(await market.alder.get("/people?limit=200"))["items"]}
    assert ids == {market.alder.id}


# Keys


def key_id(person: Person) -> str:
    """The public part of a person's key."""
    return person.key.split("_")[2]


async def test_a_key_is_shown_once_and_stored_as_a_digest(market: Market) -> None:
    """Neither a list nor a copy of the database holds what a thief could use."""
    issued = done(await market.author.post(f"/people/{market.colleague.id}/keys", a_key(label="Once")))
    secret = issued["secret"]
    listed = await market.author.get(f"/people/{market.colleague.id}/keys")
    assert issued["key"]["id"] in listed.text
    row = await market.owner.fetchrow("SELECT * FROM api_keys WHERE id = $1", issued["key"]["id"])
    for text in (listed.text, str(tuple(row)), json.dumps(await platform_log(market, "key.issued"))):
        assert secret not in text
        assert secret.split("_")[3][:43] not in text
    (entry,) = await platform_log(market, "key.issued", key_id=issued["key"]["id"])
    assert entry["person_id"] == market.author.id


def test_a_key_can_be_told_from_noise_without_asking_the_service() -> None:
    """Prefix, id, 43 random characters and a checksum: scanners find leaked keys, and a typing error is told apart."""
    fresh = make_key()
    prefix, live, identifier, rest = fresh.whole.split("_")
    assert (prefix, live, identifier) == ("ts", "live", fresh.id)
    assert (len(identifier), len(rest)) == (12, 49)
    assert read_key(fresh.whole) == (fresh.id, fresh.digest)
    assert make_key().whole != fresh.whole


def test_every_single_wrong_character_of_a_key_is_noticed() -> None:
    """The checksum covers the whole key."""
    whole = make_key().whole
    for place, letter in enumerate(whole):
        wrong = whole[:place] + ("x" if letter != "x" else "y") + whole[place + 1 :]
        assert read_key(wrong) is None


def forged() -> list[str]:
    """Authorization headers that must not open anything."""
    fresh = make_key().whole
    return [
        f"Bearer {fresh}",
        f"Bearer {fresh[:-1]}",
        f"Bearer {fresh}0",
        f"Basic {fresh}",
        fresh,
        "Bearer",
        "Bearer null",
        "Bearer ts_live_",
        "Bearer " + "A" * 4000,
        f"Bearer {fresh.upper()}",
        "Bearer ts_live_٠٠٠٠٠٠٠٠٠٠٠٠_" + "0" * 49,
    ]


@pytest.mark.parametrize("header", forged(), ids=[str(number) for number, _ in enumerate(forged(), 1)])
async def test_forged_keys_are_refused_in_the_same_words(market: Market, header: str) -> None:
    """Mistyped, unknown and made-up keys all get one answer, which says what to send."""
    answer = await market.http.get("/organisations/me", headers=[(b"Authorization", header.encode())])
    refused(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.content == (await market.http.get("/organisations/me")).content


async def test_the_right_id_with_a_wrong_secret_is_refused(market: Market) -> None:
    """Whoever knows a key's public part knows nothing."""
    stolen = make_key().whole
    wrong = market.author.key[:21] + stolen[21:]
    refused(await Person(market.http, wrong).get("/organisations/me"), 401, "unauthenticated")


async def test_a_revoked_key_opens_nothing_from_the_next_request_on(market: Market) -> None:
    """Revoking works at once, and revoking again changes nothing."""
    person = await market.colleague_of(market.author, "Leaver")
    done(await person.get("/organisations/me"))
    revoked = done(await market.author.delete(f"/keys/{key_id(person)}"))
    assert revoked["revoked_at"]
    refused(await person.get("/organisations/me"), 401, "unauthenticated")
    assert done(await market.author.delete(f"/keys/{key_id(person)}")) == revoked
    (entry,) = await platform_log(market, "key.revoked", key_id=key_id(person))
    assert entry["person_id"] == market.author.id


async def test_everybody_can_revoke_the_key_in_use(market: Market) -> None:
    """Whoever loses a laptop needs no administrator."""
    person = await market.colleague_of(market.author, "Careful")
    done(await person.delete(f"/keys/{key_id(person)}"))
    refused(await person.get("/organisations/me"), 401, "unauthenticated")


async def test_an_expired_key_opens_nothing(market: Market) -> None:
    """A key lives until the instant given, by the database's clock."""
    now = await market.owner.fetchval("SELECT clock_timestamp()")
    person = await market.colleague_of(market.author, "Temp", expires_at=(now + timedelta(hours=1)).isoformat())
    done(await person.get("/organisations/me"))
    await market.owner.execute("UPDATE api_keys SET expires_at = clock_timestamp() WHERE id = $1", key_id(person))
    refused(await person.get("/organisations/me"), 401, "unauthenticated")


async def test_nobody_hands_out_more_than_they_hold(market: Market) -> None:
    """An administrator of a city does not make an operator's key."""
    path = f"/people/{market.author.id}/keys"
    problem = refused(await market.author.post(path, a_key(scopes=["read", "platform"])), 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/scopes"


@pytest.mark.parametrize("scopes", [[], ["root"], ["read", "write", "admin", "platform", "read"], "read"])
async def test_scopes_are_of_the_known_list(market: Market, scopes: object) -> None:
    """A key without scopes or with unknown ones is refused."""
    problem = refused(
        await market.operator.post(f"/people/{market.operator.id}/keys", a_key(scopes=scopes)), 422, "invalid-request"
    )
    assert problem["errors"][0]["pointer"].startswith("/scopes")


async def test_a_key_for_reading_changes_nothing(market: Market) -> None:
    """Without the scope `write` every change is refused, whatever role the person has."""
    reader = await market.colleague_of(market.author, "Reader", scopes=["read"])
    done(await reader.get("/tenders?limit=1"))
    refused(await reader.post("/tenders", a_tender()), 403, "forbidden")
    refused(await reader.post("/people", a_person()), 403, "forbidden")


async def test_a_key_without_read_reads_nothing(market: Market) -> None:
    """A key for handing in only cannot look around."""
    writer = await market.colleague_of(market.author, "Writer", scopes=["write"])
    refused(await writer.get("/tenders"), 403, "forbidden")


async def test_foreign_people_and_keys_do_not_exist(market: Market) -> None:
    """Another organisation's person or key and none at all get the same answer."""
    missing = str(uuid4())
    for path in ("/people/{}/keys",):
        theirs = await market.stranger.post(path.format(market.author.id), a_key())
        nobody = await market.stranger.post(path.format(missing), a_key())
        refused(theirs, 404, "not-found")
        assert theirs.content.replace(market.author.id.encode(), missing.encode()) == nobody.content
        refused(await market.stranger.get(path.format(market.author.id)), 404, "not-found")
    other = key_id(market.author)
    theirs, nobody = await market.stranger.delete(f"/keys/{other}"), await market.stranger.delete(f"/keys/{'0' * 12}")
    refused(theirs, 404, "not-found")
    assert theirs.content.replace(other.encode(), b"0" * 12) == nobody.content
    done(await market.author.get("/organisations/me"))


async def test_keys_are_never_logged(market: Market) -> None:
    """Neither right nor wrong keys appear in any line that the service writes."""
    person = await market.colleague_of(market.author, "Logged")
    wrong = make_key().whole
    done(await person.get("/organisations/me"))
    await Person(market.http, wrong).get(f"/people/{person.id}/keys")
    await person.post("/people", a_person())
    lines = json.dumps(LOG, default=str)
    assert "/organisations/me" in lines
    for key in (person.key, wrong, market.author.key):
        assert key not in lines
        assert key.split("_")[3][:43] not in lines


async def test_the_newest_keys_come_first_and_links_lead_to_all_of_them(market: Market) -> None:
    """A list stays a list: whoever has more keys than fit finds the rest behind `Link`, each once."""
    admin = await market.register(kind="buyer", name="Key Council")
    path = f"/people/{admin.id}/keys"
    made = [key_id(admin)] + [done(await admin.post(path, a_key()))["key"]["id"] for _ in range(4)]
    assert [key["id"] for key in done(await admin.get(path))] == made[::-1]
    found, at = [], f"{path}?limit=2"
    while at:
        answer = await admin.get(at)
        found.append([key["id"] for key in done(answer)])
        at = answer.headers.get("link", "").partition(">")[0].lstrip("<")
    assert found == [made[4:2:-1], made[2:0:-1], made[:1]]
    refused(await admin.get(f"{path}?cursor=x"), 400, "unreadable-request")
    for other in ("/identity-providers", f"/people/{admin.id}/identities"):
        assert done(await admin.get(f"{other}?limit=1")) == []
