"""A sealed report is the report with a signature behind it; it stays archival and accessible, and shows any change."""

import argparse
import asyncio
import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from asn1crypto import keys, pem
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from service import apart, papers, pdf, rendering, seals, spend_reports
from service.apart import WorkError
from service.seals import Seal
from service.settings import Settings
from tests.make_spend import payments
from tests.service.conftest import Market, at_work, done
from tests.service.test_papers import made
from tests.service.test_pdf import can_print, faults, page_of
from tests.service.test_spend import a_buyer, read
from tests.service.test_spend_analyses import analysed

pytestmark = [
    pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}"),
    pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning"),
]

NOW = datetime.fromtimestamp(Path(__file__).stat().st_ctime, tz=UTC)
"""An instant that was: certificates begin before it, and the clock of tests is nobody's business."""


class Authority:
    """A certificate authority that lives as long as the tests, a key of a buyer and one that stamps the time."""

    def __init__(self, folder: Path) -> None:
        self.root_key, self.root = self._certify("Test Root", None, None, ca=True)
        self.buyer_key, self.buyer = self._certify("Northmoor County Council", self.root_key, self.root)
        self.clock_key, self.clock = self._certify("Test Clock", self.root_key, self.root, stamps=True)
        self.password = folder / "password"
        self.password.write_text("open sesame\n")
        self.keys = folder / "seal.p12"
        lock = serialization.BestAvailableEncryption(b"open sesame")
        self.keys.write_bytes(
            pkcs12.serialize_key_and_certificates(b"seal", self.buyer_key, self.buyer, [self.root], lock)
        )

    @staticmethod
    def _certify(name: str, issuer_key: Any, issuer: Any, *, ca: bool = False, stamps: bool = False) -> tuple[Any, Any]:
        # the stamper that tests have stamps with RSA alone
        key = rsa.generate_private_key(65537, 2048) if stamps else ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=not ca, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=900))
            .not_valid_after(NOW + timedelta(days=9000))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        if stamps:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        return key, builder.sign(issuer_key or key, hashes.SHA256())

    def seal(self) -> Seal:
        """The buyer's seal, without a time stamp."""
        return Seal(self.keys, self.password, None)

    def stamper(self) -> DummyTimeStamper:
        """Whoever stamps the time."""
        plain = self.clock_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return DummyTimeStamper(self.asn1(self.clock), keys.PrivateKeyInfo.load(plain))

    @staticmethod
    def asn1(certificate: Any) -> asn1.Certificate:
        """A certificate as pyHanko has it."""
        _, _, plain = pem.unarmor(certificate.public_bytes(serialization.Encoding.PEM))
        return asn1.Certificate.load(plain)

    def verdict(self, signed: bytes) -> Any:
        """What a validator that trusts the root says."""
        (signature,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
        trust = ValidationContext(trust_roots=[self.asn1(self.root)], allow_fetching=False)
        return validate_pdf_signature(signature, trust, ts_validation_context=trust)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def report() -> bytes:
    return pdf.render(page_of("<h1>Report</h1><p>Text</p>"))


def test_a_sealed_report_is_trusted_and_still_archival_and_accessible(authority: Authority, report: bytes):
    signed = report + seals.sealed(report, authority.seal(), authority.stamper())
    verdict = authority.verdict(signed)
    assert verdict.bottom_line, verdict.pretty_print_details()
    assert verdict.timestamp_validity is not None
    assert faults(signed) == []


def test_any_changed_byte_of_the_report_shows(authority: Authority, report: bytes):
    signed = report + apart.run_now(seals.sealed, report, authority.seal())
    assert authority.verdict(signed).bottom_line
    changed = signed.replace(b"/DisplayDocTitle", b"/DisplayDocTitlf", 1)
    if changed == signed:  # the catalogue is packed: change a byte of a packed stream instead
        place = signed.index(b"stream\n") + 20
        changed = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
    assert not authority.verdict(changed).intact


def test_a_wrong_password_and_a_missing_file_are_said_plainly(authority: Authority, report: bytes, tmp_path: Path):
    wrong = tmp_path / "password"
    wrong.write_text("wrong")
    for seal in (Seal(authority.keys, wrong, None), Seal(tmp_path / "none.p12", None, None)):
        with pytest.raises(WorkError, match=r"password|sealed|holds no key"):
            seals.sealed(report, seal)


def test_without_the_setting_there_is_no_seal(authority: Authority):
    assert seals.seal_of(Settings()) is None
    assert seals.seal_of(Settings(report_seal_file=authority.keys)) == Seal(authority.keys, None, None)


async def test_papers_and_records_are_sealed_like_reports(market: Market, authority: Authority, tmp_path: Path):
    """The log has the digest of the paper's own bytes, which are made again without the seal, and of all together."""
    tender, _ = await market.opened()
    async with at_work(market, lambda seats, _: papers.duties(seats, authority.seal())):
        paper = await made(market.auditor, f"/lots/{tender['lots'][0]['id']}/opening/record.pdf")
        asked = done(await market.auditor.post(f"/tenders/{tender['id']}/record-files"))
        record = await made(market.auditor, asked["location"])
    for kind, file, name in (("paper.stored", paper, "paper_id"), ("record.stored", record, "record_file_id")):
        assert (await asyncio.to_thread(authority.verdict, file.content)).bottom_line
        assert faults(file.content) == []
        (told,) = [entry["data"] for entry in await market.log(tender) if entry["kind"] == kind]
        assert file.headers["etag"] == f'"{told["digest"]}"'
        assert told["sealed_digest"] == hashlib.sha256(file.content).hexdigest()
        again = argparse.Namespace(output=tmp_path / "again.pdf", lang=None)
        assert await rendering._from_database(market.dsn, "", UUID(told[name]), again) == rendering.SAME
        assert file.content.startswith((tmp_path / "again.pdf").read_bytes())


async def test_a_report_on_spend_is_sealed_too(market: Market, authority: Authority):
    buyer = await a_buyer(market)
    sealing = Settings(report_seal_file=authority.keys, report_seal_password_file=authority.password)
    async with at_work(market, lambda *_: spend_reports.duties(sealing)):
        file = await read(buyer, payments())
        path, _ = await analysed(buyer, {"title": "Plain", "files": [file["id"]]})
        report = await made(buyer, f"{path}/report.pdf")
    assert (await asyncio.to_thread(authority.verdict, report.content)).bottom_line
