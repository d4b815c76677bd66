"""`idpd import`: what people made by hand in the dashboard becomes files, and nothing changes by it."""

import json
import unittest

import schemas
from harness import ACCOUNT, Managed, github, pingone
from schemas import get_path

NAMES = ["Plain", "With spaces in it", "Quotes \" and ' and `", "Colon: here", "# no comment", "- no list", "{no: map}", "[no, list]",
         "Ünïcödé 名前 🔑", "${env:HOME}", "$${literal}", "${", "%percent", "@at", "&amp *star !bang |pipe >fold", "yes", "null", "0x10", "1e3", "~",
         "2024-01-01", " leading and trailing ", "back\\slash \\n", "tab\there", "../../../etc/passwd", "a/b", ".hidden", "CON",
         "x" * 200, "Mixed: \"${a}\" # 'ü'", "*", "---", "...", "<<", "=", "key: |\n  no block", "?", "é" * 90, "Plain 2", "plain"]
TYPES = [one for one in schemas.all_types() if not one.schema.get("x-singleton")]


def raw(one, number):
    """As made in the dashboard: every field, real secrets, the name in question."""
    entry = one.entry(all_fields=True, name=NAMES[number])
    for field in one.secrets:
        schemas.set_path(entry, field.path, f"real secret {number}")
    if number % 2:
        entry.pop("scim_config", None)
    return entry


def awkward():
    """Forty of many types, with the awkward names also as values."""
    out = []
    for number, name in enumerate(NAMES):
        one = TYPES[number % len(TYPES)]
        entry = raw(one, number)
        for field in one.writable:
            if field.array and field.schema["items"].get("type") == "string" and "format" not in field.schema["items"]:
                schemas.set_path(entry, field.path, [name, "another", f"{name}: x"])
                break
        out.append(entry)
    return out


class Import(Managed):
    def imported(self, *arguments):
        result = self.idpd("import", *arguments)
        self.assertEqual(result.code, 0, result)
        return result

    def snapshot(self):
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in self.files.rglob("*") if path.is_file()}

    def without_times(self):
        return {path: content for path, (content, _) in self.snapshot().items()}


class FortyByHand(Import):
    def setUp(self):
        super().setUp()
        self.made = [self.sim.create(entry) for entry in awkward()]
        self.assertEqual(len(self.made), 40)
        self.sim.clear_requests()

    def test_become_a_file_each_that_validates(self):
        self.imported()
        self.assertEqual(len(self.snapshot()), 40)
        self.assertEqual({path.parent for path in self.snapshot()}, {self.files})
        result = self.idpd("validate", "--strict")
        self.assertEqual(result.code, 0, result)
        self.assertIn("40 identity providers", result.out)

    def test_leave_a_plan_that_is_empty_at_once_with_warnings_of_secrets_alone(self):
        self.imported()
        document = self.plan()
        self.assertEqual(document["accounts"][0]["changes"], [])
        self.assertEqual(document["summary"]["in_sync"], 40)
        others = [one for one in document["diagnostics"] if "cannot be resolved" not in one["message"] and "no store" not in one["message"]]
        self.assertEqual(others, [])

    def test_are_taken_by_their_ids(self):
        self.imported()
        text = "".join(path.read_text() for path in self.snapshot())
        for one in self.made:
            self.assertIn(f"adopt_id: {one['id']}", text)

    def test_bring_no_secret_into_a_file(self):
        self.imported()
        for content in self.without_times().values():
            self.assertNotIn(b"real secret", content)
            self.assertNotIn(b"***", content)

    def test_list_the_credentials_to_supply(self):
        out = self.imported().out
        for path in self.snapshot():
            for word in path.read_text().split():
                if word.startswith("${credential:"):
                    self.assertIn(word[len("${credential:"):].rstrip("}"), out)

    def test_run_again_change_no_file(self):
        self.imported()
        before = self.snapshot()
        result = self.imported()
        self.assertEqual(self.snapshot(), before)
        self.assertNotIn("imported ", result.out)
        self.assertEqual(result.out.count("there already"), 40)

    def test_make_the_same_files_whatever_the_order_of_the_list(self):
        self.imported()
        first = self.without_times()
        for path in first:
            path.unlink()
        self.sim.behave(order="shuffled")
        self.imported()
        self.assertEqual(self.without_times().keys(), first.keys())

    def test_read_only_without_adopt(self):
        self.environment["TOKEN"] = "sim-read"
        self.imported()
        self.assertEqual(self.sim.writes(), [])
        self.assertFalse((self.folder / ".idpd").exists())

    def test_adopted_leave_the_next_apply_nothing_to_write(self):
        self.imported("--adopt")
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.applied(), [])
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.sim.state()["accounts"][ACCOUNT]["identity_providers"], self.made)

    def test_adopted_later_leave_the_files_as_they_are(self):
        self.imported()
        before = self.snapshot()
        self.assertEqual(self.imported("--adopt").out.count("adopted "), 40)
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.imported("--adopt").out.count("adopted "), 0)

    def test_adopted_are_ours(self):
        self.imported("--adopt")
        for path in sorted(self.files.iterdir())[1:]:
            path.unlink()
        self.assertEqual([change["action"] for change in self.changes()], ["delete"] * 39)

    def test_adopted_and_drifted_is_drift(self):
        self.imported("--adopt")
        self.sim.patch(self.made[0]["id"], {"name": "Renamed by hand"})
        change, = self.changes()
        self.assertEqual((change["action"], change["origin"], change["id"]), ("update", "drift", self.made[0]["id"]))

    def test_a_change_in_the_yaml_afterwards_updates_that_one_alone(self):
        self.imported("--adopt")
        path = [path for path in self.files.iterdir() if self.made[0]["id"] in path.read_text()][0]
        secrets = [field for field in TYPES[0].secrets]
        credentials = self.folder / "credentials"
        credentials.mkdir()
        for word in path.read_text().split():
            if "${credential:" in word:
                (credentials / word.split(":")[-1].strip("}\"'")).write_text("the real one")
        path.write_text(path.read_text().replace("name: Plain\n", "name: Changed\n").replace('name: "Plain"', "name: Changed"))
        self.sim.clear_requests()
        change, = self.applied(CREDENTIALS_DIRECTORY=str(credentials))
        self.assertEqual((change["action"], change["id"], change["outcome"]), ("update", self.made[0]["id"], "done"))
        self.assertEqual([(one["method"], one["path"].rpartition("/")[2]) for one in self.sim.writes()], [("PUT", self.made[0]["id"])])
        live = self.live(self.made[0]["id"])
        self.assertEqual(live["name"], "Changed")
        for field in secrets:
            self.assertEqual(get_path(live, field.path), "the real one")
        for one in TYPES[0].writable:
            self.assertEqual(get_path(live, one.path), get_path(self.made[0], one.path), one.path)


class PassedOver(Import):
    def test_read_only_ones_and_unknown_types_are_and_that_is_said(self):
        self.sim.control("POST", "/types", {"name": "madeup", "fields": {"client_id": "string"}, "required": []})
        self.sim.create({**pingone("Shared"), "read_only": True})
        self.sim.create({"name": "From the future", "type": "madeup", "config": {"client_id": "x"}})
        self.sim.create(github("Mine"))
        out = self.imported().out
        self.assertRegex(out, r'passed over .*"Shared".*read-only')
        self.assertRegex(out, r'passed over .*"From the future".*type that this idpd does not know')
        self.assertEqual(len(self.snapshot()), 1)

    def test_an_account_without_any_is_no_error(self):
        self.imported()
        self.assertEqual(self.snapshot(), {})


class BesideOwnFiles(Import):
    def test_what_a_file_names_by_type_and_name_is_there_already(self):
        self.sim.create(pingone())
        self.write("workforce", pingone())
        before = self.snapshot()
        self.assertIn("there already", self.imported().out)
        self.assertEqual(self.snapshot(), before)

    def test_what_a_record_stands_for_is_there_already_whatever_its_name(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.sim.patch(identifier, {"name": "Renamed by hand"})
        before = self.snapshot()
        self.imported()
        self.assertEqual(self.snapshot(), before)

    def test_a_key_that_is_taken_is_not_used_again(self):
        self.write("github", pingone("Something else"))
        self.sim.create(github("GitHub"))
        self.imported()
        self.assertEqual(self.idpd("validate").code, 0)
        self.assertEqual(json.loads((self.files / "github.yaml").read_text())["identity_providers"]["github"]["name"], "Something else")

    def test_two_of_one_name_become_two_files(self):
        ids = {self.sim.create(github("Same"))["id"] for _ in range(2)}
        self.imported()
        text = "".join(path.read_text() for path in self.snapshot())
        self.assertTrue(all(identifier in text for identifier in ids))

    def test_files_with_errors_stop_it(self):
        self.sim.create(github())
        (self.files / "broken.yaml").write_text("a: [")
        result = self.idpd("import")
        self.assertEqual(result.code, 1)
        self.assertIn("broken.yaml", result.err)
        self.assertEqual([path.name for path in self.snapshot()], ["broken.yaml"])

    def test_out_names_another_folder(self):
        self.sim.create(github())
        self.imported("--out", str(self.folder / "new/folder"))
        self.assertEqual(len(list((self.folder / "new/folder").iterdir())), 1)
        self.assertEqual(self.snapshot(), {})

    def test_a_list_that_cannot_be_trusted_imports_nothing(self):
        self.sim.create(github())
        self.sim.behave(short_list=True)
        self.assertEqual(self.idpd("import").code, 1)
        self.assertEqual(self.snapshot(), {})

    def test_without_a_settings_file_the_environment_says_which_account(self):
        self.sim.create(github())
        out = self.folder / "out"
        result = self.idpd("import", "--out", str(out), config=False, CLOUDFLARE_API_TOKEN="sim-read",
                           CLOUDFLARE_ACCOUNT_ID=ACCOUNT, CLOUDFLARE_BASE_URL=self.sim.api)
        self.assertEqual(result.code, 0, result)
        self.assertEqual(len(list(out.iterdir())), 1)


if __name__ == "__main__":
    unittest.main()
