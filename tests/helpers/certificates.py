"""Certificates for tests, made by the openssl program: an authority of the test's own, and what it signs."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NEEDS_OPENSSL = "needs the openssl program"


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates in a folder of its own."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        if shutil.which("openssl") is None:
            pytest.skip(NEEDS_OPENSSL)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.cert, self._key = folder / "ca.pem", folder / "ca.key"
        extensions = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash")
        self._run(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
            *("-keyout", str(self._key), "-out", str(self.cert), "-subj", f"/CN={name}"),
            *(part for extension in extensions for part in ("-addext", extension)),
        )

    def sign(self, name: str, alternatives: str, *, days: int = 2) -> Certificate:
        """Make a certificate; *days* below 0 is one that has expired. *alternatives* such as ``DNS:localhost,IP:127.0.0.1``."""
        base = self._folder / name
        made = Certificate(base.with_suffix(".pem"), base.with_suffix(".key"))
        request, extensions = base.with_suffix(".csr"), base.with_suffix(".ext")
        extensions.write_text(
            f"subjectAltName={alternatives}\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
            "extendedKeyUsage=serverAuth,clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )
        self._run(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(made.key)),
            *("-out", str(request), "-subj", f"/CN={name}"),
        )
        self._run(
            *("x509", "-req", "-in", str(request), "-CA", str(self.cert), "-CAkey", str(self._key), "-CAcreateserial"),
            *("-days", str(days), "-out", str(made.cert), "-extfile", str(extensions)),
        )
        return made

    @staticmethod
    def _run(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
