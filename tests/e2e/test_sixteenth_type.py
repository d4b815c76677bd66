"""A new identity provider type is a new schema file and no line of C++: `idpd_sixteen` is the same program with one
file more (tests/schema/types/acmeid.json).
"""

import json
import os
import unittest

import schemas
from harness import ROOT, Case
from schemas import get_path, set_path

ACME = schemas.Type(ROOT / "tests/schema/types/acmeid.json")
KINDS = {"client_id": "string", "acme_password": "secret", "acme_host": "string", "acme_retries": "integer",
         "acme_strict": "boolean", "acme_level": "string", "acme_roles": "array", "acme_order": "array"}


class SixteenthType(Case):
    def setUp(self):
        super().setUp()
        self.program = os.environ["IDPD_SIXTEEN"]
        self.environment.update(schemas.environment([ACME]))
        self.sim.control("POST", "/types", {"name": "acmeid", "fields": KINDS, "scim": True,
                                            "required": ["client_id", "acme_password", "acme_host"]})

    def live(self):
        return self.sim.provider("Test acmeid")

    def test_is_created_drifts_is_healed_and_deleted(self):
        self.write("acme", ACME.entry(all_fields=True))
        self.write("otp", {"name": "One-time PIN", "type": "onetimepin", "config": {}})
        self.write("github", {"name": "GitHub", "type": "github",
                              "config": {"client_id": "x", "client_secret": "${env:SECRET_CONFIG_ACME_PASSWORD}"}})
        self.assertEqual({change["outcome"] for change in self.applied()}, {"done"})
        self.assert_in_sync()
        self.assertEqual(self.live()["config"]["acme_password"], self.environment["SECRET_CONFIG_ACME_PASSWORD"])
        for field in ACME.writable:
            with self.subTest(field=field.path):
                merge = {}
                set_path(merge, field.path, field.value(1))
                self.sim.patch(self.live()["id"], merge)
                change, = self.changes()
                self.assertEqual([(each["path"], each["origin"]) for each in change["fields"]], [(field.path, "drift")])
                self.apply()
                self.assertEqual(get_path(self.live(), field.path), field.value(0))
        self.write("acme", None)
        self.assertEqual([(change["action"], change["outcome"]) for change in self.applied()], [("delete", "done")])
        self.assertNotIn("acmeid", [one["type"] for one in self.sim.providers()])

    def test_has_its_sets_compared_without_order_and_its_lists_with(self):
        self.write("acme", ACME.entry(all_fields=True))
        self.apply()
        config = self.live()["config"]
        self.sim.patch(self.live()["id"], {"config": {"acme_roles": config["acme_roles"][::-1]}})
        self.assert_in_sync()
        self.sim.patch(self.live()["id"], {"config": {"acme_order": config["acme_order"][::-1]}})
        self.assertEqual([each["path"] for each in self.changes()[0]["fields"]], ["config.acme_order"])

    def test_has_its_mistakes_found(self):
        self.write("acme", {**ACME.entry(), "type": "acme", "config": {"client_id": "x", "acme_hst": "y"}})
        result = self.idpd("validate")
        self.assertEqual(result.code, 1)
        self.assertIn('unknown key "acme_hst" in config, did you mean "acme_host"?', result.err)
        self.assertIn("config.acme_password is missing", result.err)

    def test_is_in_the_editor_schema(self):
        result = self.idpd("schema")
        self.assertIn("acmeid", json.loads(result.out)["definitions"])

    def test_is_imported(self):
        self.sim.create({"name": "Made by hand", "type": "acmeid", "config": {
            "client_id": "x", "acme_password": "y", "acme_host": "https://acme.example.com", "acme_retries": 3}})
        result = self.idpd("import")
        self.assertEqual(result.code, 0, result)
        text = (self.files / "made-by-hand.yaml").read_text()
        self.assertIn("acme_password: ${credential:made-by-hand-acme-password}", text)
        self.assert_in_sync()


if __name__ == "__main__":
    unittest.main()
