"""The buyer's own seal in a report, where it has one: a PAdES signature, with a time stamp where an authority is named.

Evaluation reports, papers, record files and reports on spend are sealed alike. The report is made first and its digest
written into the log; the seal is then put behind its bytes, which stay as they are. A seal has its own instant and is
not the same twice, so a report is made again without it (`tenderscore render`).
Needs the extra `sign`. Source: ETSI EN 319 142-1; the two settings that keep PDF/A and PDF/UA were found by trial.
"""

import io
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec import Struct

from service.apart import WorkError
from service.settings import Settings, SettingsError

FIELD = "Seal"
CALLED = "The buyer's seal"
"""What a screen reader calls the signature's field."""

MEND = "pip install 'tenderscore[sign]'"


class Seal(Struct, frozen=True):
    """Where the key and its certificates lie (PKCS#12), where its password, and who stamps the time."""

    keys: Path
    password: Path | None
    tsa_url: str | None


def seal_of(settings: Settings) -> Seal | None:
    """The seal that the settings name. Raises SettingsError where the library that signs is not there."""
    if settings.report_seal_file is None:
        return None
    if find_spec("pyhanko") is None:
        raise SettingsError("TENDERSCORE_REPORT_SEAL_FILE is set.", MEND)
    return Seal(settings.report_seal_file, settings.report_seal_password_file, settings.tsa_url)


def sealed(pdf: bytes, seal: Seal, stamper: Any = None) -> bytes:
    """What is to be put behind a report's bytes. Raises WorkError.

    stamper: who stamps the time; None: the authority that the seal names, if it names one.
    """
    fields: Any = import_module("pyhanko.sign.fields")
    signers: Any = import_module("pyhanko.sign.signers")
    writing: Any = import_module("pyhanko.pdf_utils.incremental_writer")

    class Writer(writing.IncrementalPdfFileWriter):
        def _update_meta(self) -> None:
            """Leave the metadata as they are: written anew they would not name PDF/UA."""

    writer = Writer(io.BytesIO(pdf))
    field = fields.SigFieldSpec(
        FIELD,
        readable_field_name=CALLED,
        invis_sig_settings=fields.InvisSigSettings(set_print_flag=True, set_hidden_flag=False, box_out_of_bounds=True),
    )
    meta = signers.PdfSignatureMetadata(field_name=FIELD, subfilter=fields.SigSeedSubFilter.PADES)
    out = io.BytesIO()
    try:
        signer = _signer(signers, seal)
        stamper = stamper or _stamper(seal)
        signers.PdfSigner(meta, signer, timestamper=stamper, new_field_spec=field).sign_pdf(writer, output=out)
    except (OSError, ValueError) as error:
        raise WorkError(f"The report could not be sealed: {error}") from None
    whole = out.getvalue()
    if not whole.startswith(pdf):
        raise WorkError("The seal changed the report's own bytes.")
    return whole[len(pdf) :]


def _signer(signers: Any, seal: Seal) -> Any:
    password = seal.password.read_bytes().strip() if seal.password else None
    signer = signers.SimpleSigner.load_pkcs12(str(seal.keys), passphrase=password)
    if signer is None:
        raise WorkError(f"{seal.keys} holds no key that its password opens.")
    return signer


def _stamper(seal: Seal) -> Any:
    if seal.tsa_url is None:
        return None
    stamps: Any = import_module("pyhanko.sign.timestamps")
    return stamps.HTTPTimeStamper(seal.tsa_url)
