"""Certificates for tests, made by OpenSSL at run time, so that none ever expires in the repository.

`Authority` is a throwaway CA and what it signs for servers. `Saml` makes the self-signed certificates that SAML identity
providers have, each with the dates and the key that a test wants, and metadata that names them.
"""

import datetime
import pathlib
import subprocess

DAY = datetime.timedelta(days=1)
CONFIG = """
[ca]
default_ca = this
[this]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
"""


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments}: {done.stderr}")


class Authority:
    """In `folder`: ca.pem, and a key and a certificate for each server()."""

    def __init__(self, folder, name="Throwaway CA"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file, self.key = self.folder / "ca.pem", self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-days", 2, "-keyout", self.key, "-out", self.file)

    def server(self, names):
        """{"certificate": path, "key": path} of one that may answer for all these host names."""
        certificate, key, request = (self.folder / f"server.{ending}" for ending in ("pem", "key", "csr"))
        names = ",".join(("IP:" if name.replace(".", "").isdigit() else "DNS:") + name for name in names)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=stand-in",
                "-keyout", key, "-out", request)
        extensions = self.folder / "extensions"
        extensions.write_text(f"subjectAltName = {names}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-days", 2, "-extfile", extensions,
                "-out", certificate)
        return {"certificate": str(certificate), "key": str(key)}


class Saml:
    """Certificates as PEM texts, in the folder for as long as they are made."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.made = 0
        (self.folder / "index").touch()

    def certificate(self, begins, ends, key=("ec", "ec_paramgen_curve:P-256"), name="idp.example.test"):
        """`begins` and `ends` are days from now."""
        self.made += 1
        out, private, request, config = (self.folder / f"{self.made}.{ending}" for ending in ("pem", "key", "csr", "cnf"))
        config.write_text(CONFIG.format(folder=self.folder))
        openssl("req", "-newkey", key[0], "-pkeyopt", key[1], "-nodes", "-subj", f"/CN={name}", "-keyout", private, "-out", request)
        now = datetime.datetime.now(datetime.timezone.utc)
        dates = [(now + days * DAY).strftime("%Y%m%d%H%M%SZ") for days in (begins, ends)]
        openssl("ca", "-batch", "-selfsign", "-notext", "-config", config, "-keyfile", private, "-in", request, "-out", out,
                "-startdate", dates[0], "-enddate", dates[1])
        return out.read_text()

    def valid(self, **options):
        return self.certificate(-100, 400, **options)

    def soon_expiring(self):
        return self.certificate(-100, 10)

    def expired(self):
        return self.certificate(-400, -30)

    def not_yet_valid(self):
        return self.certificate(30, 400)

    def weak(self):
        return self.valid(key=("rsa", "rsa_keygen_bits:1024"))


def body(pem):
    """The base64 between the armour, on one line."""
    return "".join(line for line in pem.splitlines() if "-----" not in line)


def day(pem):
    """(first, last) day of its validity as YYYY-MM-DD, read by OpenSSL."""
    done = subprocess.run(["openssl", "x509", "-noout", "-startdate", "-enddate", "-dateopt", "iso_8601"], input=pem, text=True,
                          capture_output=True, check=True)
    return tuple(line.partition("=")[2][:10] for line in done.stdout.splitlines())


def metadata(entity_id, sso_url, signing, valid_until=None, encryption=(), prefix="md:"):
    """A SAML 2.0 metadata document; certificates as PEM texts."""
    def key(pem, use):
        wrapped = "\n".join(body(pem)[at:at + 64] for at in range(0, len(body(pem)), 64))
        return (f'<{prefix}KeyDescriptor use="{use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
                f"<ds:X509Certificate>\n{wrapped}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></{prefix}KeyDescriptor>")
    keys = "".join([key(one, "signing") for one in signing] + [key(one, "encryption") for one in encryption])
    until = f' validUntil="{valid_until}"' if valid_until else ""
    space = "xmlns:md" if prefix else "xmlns"
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<{prefix}EntityDescriptor {space}="urn:oasis:names:tc:SAML:2.0:metadata" '
            f'entityID="{entity_id}"{until}><{prefix}IDPSSODescriptor '
            f'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}'
            f'<{prefix}SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{sso_url}"/>'
            f"</{prefix}IDPSSODescriptor></{prefix}EntityDescriptor>")
