"""`idpd check` of SAML: certificates made by OpenSSL for the purpose, and the metadata that an identity provider publishes."""

import base64

from provider import CheckCase, certificates, probe, verdicts

ENTITY = "https://sts.example.test/saml"
SSO = "https://sts.example.test/saml/sso"
METADATA = "sts.example.test/metadata"


def saml(*certs, check=None, **config):
    entry = {"type": "saml", "config": {"issuer_url": ENTITY, "sso_target_url": SSO, "idp_public_certs": list(certs), **config}}
    return {**entry, "check": check} if check else entry


class Saml(CheckCase):
    def setUp(self):
        super().setUp()
        self.made = certificates.Saml(self.folder / "saml")

    def publish(self, body, status=200):
        self.there.become({"answers": {METADATA: {"status": status, "headers": {"content-type": "application/xml"}, "body": body}}})

    def test_certificates_are_judged_by_their_dates_and_keys(self):
        valid, soon, expired, later, weak = (make() for make in (
            self.made.valid, self.made.soon_expiring, self.made.expired, self.made.not_yet_valid, self.made.weak))
        self.write_all(valid=saml(valid), bare=saml(certificates.body(valid)), soon=saml(soon), expired=saml(expired), later=saml(later),
                       several=saml(expired, valid, later), weak=saml(weak), twice=saml(valid, soon, certificates.body(valid)))
        found = self.check()
        for key, verdict, message, notes in (
                ("valid", "ok D", "1 of 1 certificate is valid now", []), ("bare", "ok D", "1 of 1 certificate is valid now", []),
                ("soon", "ok D", "1 of 1 certificate is valid now", [f"certificate 1 expires on {certificates.day(soon)[1]}"]),
                ("expired", "bad D", "none of 1 certificate is valid now", [f"certificate 1 expired on {certificates.day(expired)[1]}"]),
                ("later", "bad D", "none of 1 certificate is valid now", [f"certificate 1 is not valid before {certificates.day(later)[0]}"]),
                ("several", "ok D", "1 of 3 certificates are valid now", [f"certificate 1 expired on {certificates.day(expired)[1]}",
                                                                         f"certificate 3 is not valid before {certificates.day(later)[0]}"])):
            with self.subTest(key):
                said = probe(found[key], "certificates")
                self.assertEqual((verdicts(found[key]), said["message"], said["notes"]), ({"certificates": verdict}, message, notes))
        self.assert_says(found["expired"], "certificates", "bad D", "config.idp_public_certs")
        self.assert_says(found["weak"], "certificates", "ok D", "certificate 1 has a weak key", "1024")
        self.assert_says(found["twice"], "certificates", "ok D", "certificate 3 is there twice")
        self.assertEqual(self.hosts_reached(), set())
        self.check_settings(warn_before_expiry="1d")
        self.assertEqual(probe(self.check("soon")["soon"], "certificates")["notes"], [])

    def test_metadata_that_agrees(self):
        present, next_one, encryption = self.made.valid(), self.made.valid(), self.made.valid()
        self.write_all(login=saml(present, next_one, check={"metadata_url": f"https://{METADATA}"}))
        for prefix in ("md:", ""):
            self.publish(certificates.metadata(ENTITY, SSO, [present, next_one], encryption=[encryption], prefix=prefix, valid_until="2999-01-01T00:00:00Z"))
            login = self.check()["login"]
            self.assertEqual((verdicts(login), probe(login, "metadata")["notes"]), ({"certificates": "ok D", "metadata": "ok D"}, []))
        self.assertEqual([(one["method"], one["host"] + one["path"]) for one in self.there.requests()], [("GET", METADATA)])

    def test_metadata_tells_of_a_change_of_certificates_and_of_its_own_end(self):
        present, next_one = self.made.valid(), self.made.valid()
        self.write_all(login=saml(present, check={"metadata_url": f"https://{METADATA}"}))
        self.publish(certificates.metadata(ENTITY, SSO, [present, next_one], valid_until="2020-01-01T00:00:00Z"))
        self.assert_says(self.check()["login"], "metadata", "ok D", "1 of 2 signing certificates", "add what is missing", "2020-01-01")
        self.publish(certificates.metadata(ENTITY, SSO, [next_one]))
        self.assert_says(self.check()["login"], "metadata", "bad D", "signs with other certificates", "config.idp_public_certs")

    def test_metadata_that_differs_is_bad_and_what_is_none_is_unknown(self):
        present = self.made.valid()
        self.write_all(login=saml(present, check={"metadata_url": f"https://{METADATA}"}))
        good = certificates.metadata(ENTITY, SSO, [present])
        for body, status, verdict, texts in (
                (good.replace(ENTITY + '"', 'https://other.example.test/saml"'), 200, "bad D", ("https://other.example.test/saml", "config.issuer_url")),
                (certificates.metadata(ENTITY, SSO + "2", [present]), 200, "bad D", (SSO + "2", "config.sso_target_url")),
                (good[:300], 200, "unknown -", ("no XML", "check.metadata_url")), ("<html/>", 200, "unknown -", ("no SAML metadata",)),
                (good, 503, "unknown -", ("503",)), ("", 404, "unknown -", ("404",))):
            with self.subTest(verdict=verdict, texts=texts):
                self.publish(body, status)
                login = self.check()["login"]
                self.assert_says(login, "metadata", verdict, *texts)
                self.assertEqual(verdicts(login)["certificates"], "ok D")

    def test_files_with_something_that_is_no_certificate_are_refused(self):
        self.write_all(junk=saml(self.made.valid(), base64.b64encode(b"no certificate").decode()))
        result = self.run_check("--output", "json")
        self.assertEqual(result.code, 1, result)  # the files are not valid: nothing is probed
        self.assertIn("idp_public_certs", result.out + result.err)
