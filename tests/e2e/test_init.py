"""`idpd init`: what it writes and leaves, what it finds out of the token, what it asks on a terminal."""

import os
import select
import subprocess
import unittest

from harness import ACCOUNT, OTHER_ACCOUNT, ROOT, Case, github
from test_apply import pseudo_terminal

FILES = {"idpd.yaml", "identity-providers.schema.json", "identity-providers/workforce.yaml.example", ".gitignore"}
DELETES = "every delete is withheld"


class InitCase(Case):
    def setUp(self):
        super().setUp()
        self.new = self.folder / "new"
        self.new.mkdir()
        self.environment.update(CLOUDFLARE_BASE_URL=self.sim.api, CLOUDFLARE_API_TOKEN="sim-read")

    def init(self, *arguments, code=0, **environment):
        result = self.idpd("init", "--config", "new/idpd.yaml", *arguments, config=False, **environment)
        self.assertEqual(result.code, code, result)
        return result

    def written(self):
        return {str(path.relative_to(self.new)) for path in self.new.rglob("*") if not path.is_dir()}

    def token(self, *permissions, accounts=(ACCOUNT,), **more):
        self.sim.control("PUT", "/tokens/narrow-token", {"permissions": permissions, "accounts": accounts, **more})
        return {"CLOUDFLARE_API_TOKEN": "narrow-token"}

    def assert_settings_load(self, account):
        """They are valid, and a plan with them looks at this account."""
        checked = self.idpd("--config", "new/idpd.yaml", "validate", "--strict", config=False)
        self.assertEqual(checked.code, 0, checked)
        planned = self.idpd("--config", "new/idpd.yaml", "plan", "--output", "json", config=False)
        self.assertEqual(planned.json["accounts"][0]["account_id"], account)

    def assert_no_token(self, *texts):
        for text in (*texts, *(path.read_text() for path in self.new.rglob("*") if path.is_file())):
            self.assertNotIn(self.environment["CLOUDFLARE_API_TOKEN"], text)


class Files(InitCase):
    def test_all_of_them_and_each_is_told(self):
        said = self.init("--account-id", ACCOUNT, "--ci", "github").out
        self.assertEqual(self.written(), FILES | {".github/workflows/idpd-plan.yml"})
        for name in self.written():
            self.assertIn(f"wrote  new/{name}\n", said)
        self.assert_settings_load(ACCOUNT)
        self.assertIn(".idpd/", (self.new / ".gitignore").read_text().splitlines())

    def test_the_example_loads_once_it_is_renamed(self):
        self.init("--account-id", ACCOUNT)
        example = self.new / "identity-providers/workforce.yaml.example"
        example.rename(example.with_suffix(""))
        checked = self.idpd("--config", "new/idpd.yaml", "validate", "--strict", config=False)
        self.assertEqual((checked.code, checked.out), (0, "Valid: 1 identity provider in 1 file.\n"), checked)

    def test_what_is_there_stays_and_is_told_and_the_rest_is_written(self):
        (self.new / "idpd.yaml").write_text("# mine\n")
        (self.new / ".gitignore").write_text("build/\n")
        (self.new / "identity-providers.schema.json").symlink_to("nowhere")
        said = self.init("--account-id", ACCOUNT, "--ci", "gitlab").out
        self.assertEqual((self.new / "idpd.yaml").read_text(), "# mine\n")
        self.assertEqual((self.new / ".gitignore").read_text(), "build/\n")
        self.assertFalse((self.new / "nowhere").exists())
        self.assertIn("left   new/idpd.yaml: is there already\n", said)
        self.assertIn("left   new/.gitignore: is there already; add the line `.idpd/`", said)
        self.assertIn("left   new/identity-providers.schema.json: is there already", said)
        self.assertEqual(self.written(), FILES | {".gitlab-ci.yml"})
        self.assertEqual(self.sim.requests(), [])

    def test_a_second_time_changes_nothing(self):
        self.init("--account-id", ACCOUNT)
        def files():  # reading one is no change
            found = {name: (self.new / name).stat() for name in self.written()}
            return {name: (one.st_ino, one.st_mode, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for name, one in found.items()}
        before = files()
        said = self.init("--account-id", OTHER_ACCOUNT).out
        self.assertEqual(files(), before)
        self.assertNotIn("wrote", said)

    def test_a_folder_that_cannot_be_made_is_told_with_what_was_written(self):
        (self.new / "identity-providers").write_text("a file")
        result = self.init("--account-id", ACCOUNT, code=1)
        self.assertIn("wrote  new/idpd.yaml", result.out)
        self.assertRegex(result.err, r"error: new/identity-providers/workforce.yaml.example: .*the rest was not")
        self.assertEqual(self.written(), {"idpd.yaml", "identity-providers.schema.json", "identity-providers"})

    def test_the_workflow_lies_at_the_top_of_the_repository(self):
        (self.folder / ".git").mkdir()
        said = self.init("--account-id", ACCOUNT, "--ci", "github").out
        self.assertEqual(self.written(), FILES)
        self.assertTrue((self.folder / ".github/workflows/idpd-plan.yml").is_file())
        self.assertIn("say new/identity-providers/", said)

    def test_each_workflow_is_the_one_of_the_repository(self):
        for ci, name in (("github", ".github/workflows/idpd-plan.yml"), ("gitlab", ".gitlab-ci.yml")):
            self.init("--account-id", ACCOUNT, "--ci", ci)
            self.assertEqual((self.new / name).read_bytes(), (ROOT / "configs/ci" / ci / "plan.yml").read_bytes())

    def test_bad_input_writes_nothing(self):
        for arguments, environment in ((["--account-id", "xyz"], {}), (["--alias", "a b"], {}),
                                       ([], {"CLOUDFLARE_BASE_URL": "http://api.example.com"})):
            with self.subTest(arguments):
                self.assertIn("nothing was written", self.init(*arguments, code=1, **environment).err)
        self.assertEqual(self.written(), set())


class Token(InitCase):
    def test_without_one_it_says_what_was_not_tried(self):
        said = self.init(CLOUDFLARE_API_TOKEN="").out
        self.assertIn("not tried: CLOUDFLARE_API_TOKEN is not set", said)
        self.assertIn("put the account id into new/idpd.yaml", said)
        self.assertEqual(self.sim.requests(), [])
        self.assertEqual(self.written(), FILES)

    def test_offline_it_asks_once_and_writes_all_the_same(self):
        self.sim.fault(path="", action="reset", times=-1)
        said = self.init("--account-id", ACCOUNT).out
        self.assertIn("The token was not tried: GET /user/tokens/verify: ", said)
        self.assertEqual(len(self.sim.requests()), 1)
        self.assertEqual(self.written(), FILES)

    def test_all_is_read_and_nothing_written(self):
        said = self.init("--account-id", ACCOUNT, CLOUDFLARE_API_TOKEN="sim-write").out
        self.assertIn("is valid", said)
        self.assertIn("reads      identity providers, Access apps, Access policies, Access groups, federation grants, "
                      "risk scoring integrations, zones, the audit log\n", said)
        self.assertNotIn("lacks", said)
        self.assertEqual(self.sim.writes(), [])

    def test_each_permission_that_is_absent_is_named_with_what_does_not_work(self):
        every = {"idp_read", "apps_read", "policies_read", "groups_read", "federation_read", "risk_read", "zones_read",
                 "audit_read"}
        for absent, name, without in (
                ({"apps_read", "policies_read"}, '"Access: Apps and Policies Read" (Access apps, Access policies)', DELETES),
                ({"idp_read"}, '"Access: Organizations, Identity Providers, and Groups Read" (identity providers)', "nothing works"),
                ({"groups_read"}, '"Access: Organizations, Identity Providers, and Groups Read" (Access groups)', DELETES),
                ({"risk_read"}, '"Zero Trust Read" (risk scoring integrations)', DELETES),
                ({"zones_read"}, '"Zone Read" (zones)', DELETES),
                ({"audit_read"}, '"Account Settings Read" (the audit log)', "who changed something stays unknown")):
            with self.subTest(absent):
                (self.new / "idpd.yaml").unlink(missing_ok=True)
                lines = [line for line in self.init("--account-id", ACCOUNT, **self.token(*every - absent)).out.splitlines()
                         if line.startswith("  lacks")]
                self.assertEqual(len(lines), 1, lines)
                self.assertIn(f"{name}: without it {without}", lines[0])

    def test_one_that_is_dead_is_told_and_tried_no_further(self):
        said = self.init("--account-id", ACCOUNT, CLOUDFLARE_API_TOKEN="sim-expired").out
        self.assertIn("is invalid or expired", said)
        self.assertEqual({one["path"].split("/")[-1] for one in self.sim.requests()}, {"verify"})

    def test_one_of_the_account_is_known_by_the_account(self):
        said = self.init("--account-id", ACCOUNT, **self.token("idp_read", owner="account")).out
        self.assertIn("is valid", said)

    def test_what_could_not_be_asked_is_unknown_and_not_lacking(self):
        self.sim.fault(path="/access/apps", status=500)
        said = self.init("--account-id", ACCOUNT).out
        self.assertRegex(said, r"unknown    Access apps: .*HTTP 500")
        self.assertNotIn("lacks", said)

    def test_it_is_nowhere_in_files_and_outputs(self):
        result = self.init("--account-id", ACCOUNT, "--ci", "github", **self.token("idp_read"))
        self.environment["CLOUDFLARE_API_TOKEN"] = "narrow-token"
        self.assert_no_token(result.out, result.err)


class Account(InitCase):
    def test_the_only_one_that_the_token_sees_is_taken(self):
        said = self.init(**self.token("idp_read", "accounts_read", accounts=[OTHER_ACCOUNT])).out
        self.assertIn(f"Account: Simulated fedc ({OTHER_ACCOUNT}), the only one", said)
        self.assert_settings_load(OTHER_ACCOUNT)

    def test_of_several_none_is_guessed(self):
        said = self.init().out
        self.assertIn("--account-id says which", said)
        for account in (ACCOUNT, OTHER_ACCOUNT):
            self.assertIn(account, said)
        self.assert_settings_load("0" * 32)

    def test_one_that_the_token_does_not_see_is_told(self):
        said = self.init("--account-id", ACCOUNT, **self.token("idp_read", "accounts_read", accounts=[OTHER_ACCOUNT])).out
        self.assertIn(f"does not see the account {ACCOUNT}", said)
        self.assertIn("an account id that is not the token's looks the same", said)

    def test_there_is_an_import_where_there_is_something(self):
        self.assertIn("import --adopt", self.init("--account-id", ACCOUNT, "--alias", "staging").out)
        self.assertIn("\n  staging:\n", (self.new / "idpd.yaml").read_text())


class Terminal(InitCase):
    def dialogue(self, *answers, arguments=(), **environment):
        """On a pseudo-terminal, each answer typed at its question, (part of the question, answer); what the screen
        showed."""
        master, slave = pseudo_terminal()
        process = subprocess.Popen([self.program, "init", "--config", "new/idpd.yaml", *arguments], stdin=slave, stdout=slave,
                                   stderr=slave, cwd=self.folder, start_new_session=True,
                                   env=self.witness.given({**self.environment, "TERM": "xterm", **environment}))
        os.close(slave)
        screen, seen, left = b"", 0, list(answers)
        try:
            while select.select([master], [], [], 30)[0]:
                try:
                    screen += os.read(master, 65536)
                except OSError:  # the other side is closed
                    break
                if left and left[0][0].encode() in screen[seen:] and screen.endswith(b": "):
                    seen = len(screen)
                    os.write(master, left.pop(0)[1].encode())
            self.code = process.wait(30)
        finally:
            process.kill()
            process.wait()
            os.close(master)
        screen = screen.decode().replace("\r\n", "\n")
        self.assertEqual(left, [], screen)
        return screen

    def test_accounts_to_choose_from_alias_workflow_and_import(self):
        self.sim.create(github(), account=OTHER_ACCOUNT)
        screen = self.dialogue(("number or id", "7\n"), ("number or id", "2\n"), ("files call it", "a b\n"), ("files call it", "staging\n"),
                               ("Workflow", "github\n"), ("has 1 identity provider.", "yes\n"))
        self.assertEqual(self.code, 0, screen)
        self.assertIn("That is no account id", screen)
        self.assertIn("imported", screen)
        self.assertIn("adopted", screen)
        self.assertEqual({name for name in self.written() if not name.startswith(".idpd")},
                         FILES | {".github/workflows/idpd-plan.yml", "identity-providers/github.yaml"})
        self.assertIn("\n  staging:\n", (self.new / "idpd.yaml").read_text())
        self.assert_settings_load(OTHER_ACCOUNT)
        self.assertEqual(self.sim.writes(), [])

    def test_empty_answers_take_what_is_safe(self):
        screen = self.dialogue(("Account id", "\n"), ("files call it", "\n"), ("Workflow", "\n"), **self.token("idp_read"))
        self.assertEqual(self.code, 0, screen)
        self.assertEqual(self.written(), FILES)
        self.assertIn("\n  production:\n", (self.new / "idpd.yaml").read_text())
        self.assertIn("put the account id into", screen)

    def test_no_import_without_a_yes(self):
        self.sim.create(github())
        screen = self.dialogue(("files call it", "\n"), ("has 1 identity provider.", "y\n"), arguments=("--account-id", ACCOUNT, "--ci", "none"))
        self.assertEqual((self.code, self.written()), (0, FILES), screen)
        self.assertIn("idpd --config new/idpd.yaml import --adopt", screen)

    def test_an_end_of_the_input_writes_nothing(self):
        for answers in ([("number or id", "\x04")], [("number or id", "1\n"), ("files call it", "\x04")],
                        [("number or id", "1\n"), ("files call it", "\n"), ("Workflow", "\x04")]):
            with self.subTest(len(answers)):
                screen = self.dialogue(*answers)
                self.assertIn("nothing was written", screen)
                self.assertEqual((self.code, self.written()), (1, set()))

    def test_a_token_that_is_typed_as_an_answer_gets_into_no_file(self):
        # The screen shows what is typed; what idpd itself shows is behind the end of that line.
        screen = self.dialogue(("number or id", "1\n"), ("files call it", "narrow-token\n"), ("files call it", "\n"), ("Workflow", "\n"),
                               **self.token("idp_read", "accounts_read"))
        self.assertEqual(self.code, 0, screen)
        self.assertEqual(screen.count("narrow-token"), 1)
        self.assertIn("That is the API token", screen)
        self.environment["CLOUDFLARE_API_TOKEN"] = "narrow-token"
        self.assert_no_token()


if __name__ == "__main__":
    unittest.main()
