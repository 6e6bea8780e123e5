"""The stand-in's own certificate, which its users trust by `SSL_CERT_FILE`."""

import os
import subprocess
from pathlib import Path

from sandbox.redshift.errors import RedshiftDidNotStart


def certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) in `folder`, made by openssl once; for 127.0.0.1 and localhost."""
    cert, key = folder / "ca.pem", folder / "server.key"
    if cert.exists() and key.exists():
        return cert, key
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"]
    command += ["-subj", "/CN=InvestIQ Redshift stand-in", "-keyout", str(key), "-out", str(cert)]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, umask=0o077, env={"PATH": os.defpath}
        )
    except FileNotFoundError:
        raise RedshiftDidNotStart(
            "the program `openssl` is not installed, and the stand-in needs a certificate. "
            "On Debian and Ubuntu run `apt-get install openssl`, then try again."
        ) from None
    if done.returncode:
        raise RedshiftDidNotStart(
            f"openssl made no certificate for the stand-in ({done.stderr.strip()[-200:]}). "
            f"Check that {folder} can be written, then try again."
        )
    return cert, key
