"""What the commands say, word for word: golden files, accepted anew with IDPD_TEST_ACCEPT=1 and then read as a diff.

Reports have theirs in tests/report/golden, mistakes in files in tests/config/golden.
"""

import os
import pathlib
import unittest

from harness import ROOT, Case

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"


class Golden(Case):
    def expect(self, path, text):
        if os.environ.get("IDPD_TEST_ACCEPT") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.assertEqual(path.read_text(), text, f"{path}: IDPD_TEST_ACCEPT=1 accepts it")

    def said(self, *arguments, **keywords):
        result = self.idpd(*arguments, **keywords)
        self.assertEqual(result.code, 0, result)
        return result.out.replace(str(self.folder), "FOLDER")

    def test_the_editor_schema_in_configs_is_what_the_program_prints(self):
        self.expect(ROOT / "configs/identity-providers.schema.json", self.said("schema"))

    def test_help(self):
        self.expect(GOLDEN / "help.txt", self.said("--help-all", config=False))

    def test_completion(self):
        for shell in ("bash", "zsh", "fish"):
            self.expect(GOLDEN / f"completion.{shell}", self.said("completion", shell, config=False))

    def test_init(self):
        self.said("init", "--config", str(self.folder / "new/idpd.yaml"), config=False)
        files = sorted(path for path in (self.folder / "new").rglob("*")
                       if path.is_file() and path.name != "identity-providers.schema.json")  # test_the_editor_schema_… has it
        self.expect(GOLDEN / "init.txt", "".join(f"# {path.relative_to(self.folder)}\n{path.read_text()}" for path in files))

    def test_what_init_writes_is_valid(self):
        self.said("init", "--config", str(self.folder / "new/idpd.yaml"), config=False)
        self.said("--config", str(self.folder / "new/idpd.yaml"), "validate", "--strict", config=False)

    def test_import(self):
        self.sim.create({"id": "11111111-0000-4000-8000-000000000001", "name": "PingOne: \"Work\" & more", "type": "pingone", "config": {
            "client_id": "0123", "client_secret": "x", "ping_env_id": "yes", "pkce_enabled": True, "claims": ["b", "a: #1", "${literal}"]},
            "scim_config": {"enabled": True, "user_deprovision": True}})
        self.sim.create({"id": "11111111-0000-4000-8000-000000000002", "name": "One-time PIN", "type": "onetimepin", "config": {}})
        self.sim.create({"id": "11111111-0000-4000-8000-000000000003", "name": "SAML", "type": "saml", "config": {
            "issuer_url": "https://idp.example.com", "sso_target_url": "https://idp.example.com/sso",
            "idp_public_certs": ["line one\nline two\n"], "header_attributes": [{"attribute_name": "a", "header_name": "X-A"}]}})
        said = self.said("import")
        files = sorted(self.files.iterdir())
        self.expect(GOLDEN / "import.txt", said + "".join(f"\n# {path.name}\n{path.read_text()}" for path in files))


if __name__ == "__main__":
    unittest.main()
