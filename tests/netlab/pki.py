"""A CA and certificates for one test, by the openssl program."""
from .shell import run

SERVER = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n"
CLIENT = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n"


class Pki:
    def __init__(self, directory, name="Test CA"):
        self.directory = directory / name.replace(" ", "-")
        self.directory.mkdir()
        self.serial = 0x100
        self.ca = self.directory / "ca.crt"
        self._key("ca")
        run("openssl", "req", "-x509", "-new", "-key", self.directory / "ca.key", "-subj", f"/CN={name}", "-days", 30,
            "-out", self.ca, "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def _key(self, name):
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.directory / f"{name}.key")

    def issue(self, name, extensions=SERVER, common_name=None, days=30, subject=None):
        """Returns (certificate, key). Negative days: expired."""
        self._key(name)
        self.serial += 1
        csr, ext, crt = (self.directory / f"{name}.{e}" for e in ("csr", "ext", "crt"))
        ext.write_text(extensions)
        run("openssl", "req", "-new", "-key", self.directory / f"{name}.key", "-subj", subject or f"/CN={common_name or name}", "-out", csr)
        if days > 0:
            run("openssl", "x509", "-req", "-in", csr, "-CA", self.ca, "-CAkey", self.directory / "ca.key", "-extfile", ext,
                "-days", days, "-set_serial", self.serial, "-out", crt)
        else:
            self._database()
            run("openssl", "ca", "-batch", "-config", self.directory / "ca.cnf", "-in", csr, "-extfile", ext, "-out", crt, "-notext",
                "-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
        return crt, self.directory / f"{name}.key"

    def intermediate(self, name):
        """An authority that this one vouches for."""
        made = Pki(self.directory, name)
        csr, ext = made.directory / "ca.csr", made.directory / "ca.ext"
        ext.write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n")
        self.serial += 1
        run("openssl", "req", "-new", "-key", made.directory / "ca.key", "-subj", f"/CN={name}", "-out", csr)
        # In place of the certificate that it made for itself.
        run("openssl", "x509", "-req", "-in", csr, "-CA", self.ca, "-CAkey", self.directory / "ca.key", "-extfile", ext, "-days", 30,
            "-set_serial", self.serial, "-out", made.ca)
        return made

    def _database(self):
        d = self.directory
        if (d / "ca.cnf").exists():
            return
        (d / "index").touch()
        (d / "crlnumber").write_text("01\n")
        (d / "serial").write_text("5000\n")
        (d / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={d}/index\nserial={d}/serial\ncrlnumber={d}/crlnumber\nnew_certs_dir={d}\n"
                                  f"certificate={d}/ca.crt\nprivate_key={d}/ca.key\ndefault_md=sha256\ndefault_crl_days=30\n"
                                  "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")

    def revoke(self, *names):
        """Returns a revocation list with the named certificates, possibly none."""
        self._database()
        for name in names:
            run("openssl", "ca", "-config", self.directory / "ca.cnf", "-revoke", self.directory / f"{name}.crt")
        crl = self.directory / "ca.crl"
        run("openssl", "ca", "-config", self.directory / "ca.cnf", "-gencrl", "-out", crl)
        return crl
