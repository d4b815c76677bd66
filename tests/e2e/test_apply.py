"""`idpd apply`: who is asked, what a saved plan binds, how it ends (design §6)."""

import json
import os
import pty
import re
import select
import subprocess
import unittest

from harness import Managed, github, outcomes, pingone

COLOUR = "\x1b["


def pseudo_terminal():
    try:
        return pty.openpty()
    except OSError:
        raise unittest.SkipTest("there are no pseudo-terminals here (is /dev/pts mounted?)") from None


class ApplyCase(Managed):
    def setUp(self):
        super().setUp()
        self.write("workforce", pingone())

    def assert_nothing_was_done(self):
        self.assertEqual(self.sim.writes(), [])

    def terminal(self, *arguments, answer=None, **environment):
        """Runs it on a pseudo-terminal; the answer is typed when it asks. (exit code, what the screen showed)"""
        master, slave = pseudo_terminal()
        process = subprocess.Popen([self.program, "--config", str(self.folder / "idpd.yaml"), *arguments],
                                   stdin=slave, stdout=slave, stderr=slave, cwd=self.folder, start_new_session=True,
                                   env={**self.environment, "TERM": "xterm", **environment})
        os.close(slave)
        screen = b""
        try:
            while select.select([master], [], [], 30)[0]:
                try:
                    read = os.read(master, 65536)
                except OSError:  # the other side is closed
                    break
                screen += read
                if answer is not None and b"Carry this out?" in screen:
                    os.write(master, answer.encode())
                    answer = None
            return process.wait(30), screen.decode().replace("\r\n", "\n")
        finally:
            process.kill()
            process.wait()
            os.close(master)


class WhoIsAsked(ApplyCase):
    def test_without_a_terminal_it_refuses_and_says_what_to_do(self):
        result = self.idpd("apply", stdin="yes\n")
        self.assertEqual(result.code, 1)
        self.assertIn("--auto-approve", result.err)
        self.assertEqual(self.sim.requests(), [])

    def test_on_a_terminal_it_shows_the_plan_and_asks_and_yes_goes_on(self):
        code, screen = self.terminal("apply", answer="yes\n")
        self.assertEqual(code, 0, screen)
        self.assertIn("1 to create", screen)
        self.assertIn("Applied: 1 created.", screen)
        self.assertEqual(self.sim.provider("PingOne Workforce")["type"], "pingone")

    def test_anything_else_does_nothing_and_exits_with_1(self):
        for answer in ("no\n", "y\n", "YES\n", " yes\n", "\n", "yes!\n", "\x04"):
            with self.subTest(answer=answer):
                code, screen = self.terminal("apply", answer=answer)
                self.assertEqual(code, 1, screen)
                self.assertIn("Nothing was done", screen)
                self.assert_nothing_was_done()

    def test_auto_approve_does_not_ask(self):
        code, screen = self.terminal("apply", "--auto-approve")
        self.assertEqual(code, 0, screen)
        self.assertNotIn("Carry this out?", screen)

    def test_with_nothing_to_do_nobody_is_asked(self):
        self.apply()
        code, screen = self.terminal("apply")
        self.assertEqual(code, 0, screen)
        self.assertNotIn("Carry this out?", screen)
        self.assertIn("No changes. 1 identity provider matches.", screen)

    def test_auto_approve_has_no_environment_form(self):
        result = self.idpd("apply", IDPD_AUTO_APPROVE="true")
        self.assertEqual(result.code, 1)
        self.assert_nothing_was_done()

    def test_sync_is_the_same_command(self):
        self.assertEqual(self.idpd("sync", "--auto-approve").code, 0)
        self.assertEqual(len(self.sim.providers()), 1)

    def test_what_changes_while_it_asks_is_not_overwritten(self):
        self.apply()
        identifier = self.sim.provider("PingOne Workforce")["id"]
        self.write("workforce", pingone(pkce_enabled=True))
        self.sim.hook(method="GET", path=f"{identifier}$", patch={
            "account": "0123456789abcdef0123456789abcdef", "id": identifier, "merge": {"name": "By hand"}})
        code, screen = self.terminal("apply", answer="yes\n")
        self.assertEqual(code, 1, screen)
        self.assertEqual(self.live(identifier)["name"], "By hand")

    def test_without_a_settings_file_it_says_why_it_needs_one(self):
        result = self.idpd("apply", "--auto-approve", config=False, CLOUDFLARE_API_TOKEN="sim-write",
                           CLOUDFLARE_ACCOUNT_ID="0123456789abcdef0123456789abcdef", CLOUDFLARE_BASE_URL=self.sim.api)
        self.assertEqual(result.code, 1)
        self.assertIn("--config", result.err)
        self.assert_nothing_was_done()


class Colours(ApplyCase):
    def test_are_on_a_terminal(self):
        self.assertIn(COLOUR, self.terminal("plan")[1])

    def test_are_not_in_a_pipe(self):
        self.assertNotIn(COLOUR, self.idpd("plan").out)

    def test_are_not_with_no_color_in_any_form(self):
        self.assertNotIn(COLOUR, self.terminal("plan", NO_COLOR="1")[1])
        self.assertNotIn(COLOUR, self.terminal("--no-color", "plan")[1])
        self.assertNotIn(COLOUR, self.terminal("plan", IDPD_NO_COLOR="true")[1])

    def test_an_empty_no_color_is_none(self):
        self.assertIn(COLOUR, self.terminal("plan", NO_COLOR="")[1])

    def test_say_nothing_that_the_words_do_not(self):
        coloured = re.sub(r"\x1b\[[0-9;]*m", "", self.terminal("plan")[1])
        self.assertEqual(coloured, self.idpd("plan").out)


class SavedPlans(ApplyCase):
    def setUp(self):
        super().setUp()
        self.saved = self.folder / "plan.json"

    def save(self, *arguments):
        return self.plan("--out", str(self.saved), *arguments)

    def apply_saved(self, *arguments, **environment):
        return self.idpd("apply", *arguments, str(self.saved), **environment)

    def assert_refused(self, word="not the expected one", **environment):
        result = self.apply_saved(**environment)
        self.assertEqual(result.code, 1, result)
        self.assertIn(word, result.out + result.err)
        self.assert_nothing_was_done()

    def test_is_carried_out_without_asking(self):
        self.save()
        self.assertEqual(self.saved.stat().st_mode & 0o777, 0o600)
        result = self.apply_saved("--output", "json")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(outcomes(result.json["accounts"][0]["changes"]), {"workforce": "done"})

    def test_is_refused_a_second_time(self):
        self.save()
        self.apply_saved()
        self.sim.clear_requests()
        self.assert_refused()

    def test_is_refused_when_a_file_has_moved(self):
        self.save()
        self.write("workforce", pingone(pkce_enabled=True))
        self.assert_refused()

    def test_is_refused_when_a_file_was_added(self):
        self.save()
        self.write("github", github())
        self.assert_refused()

    def test_is_refused_when_the_live_state_has_moved(self):
        self.apply()
        self.write("workforce", pingone(pkce_enabled=True))
        self.save()
        self.sim.clear_requests()
        self.sim.patch(self.sim.provider("PingOne Workforce")["id"], {"name": "By hand"})
        self.assert_refused()

    def test_is_not_refused_over_a_comment_or_a_foreign_one(self):
        self.save()
        path = self.files / "workforce.yaml"
        path.write_text("# a comment\n" + path.read_text())
        self.sim.create(github("Foreign"))
        self.assertEqual(self.apply_saved().code, 0)

    def test_loads_the_secrets_again(self):
        self.save()
        self.assertNotIn("s3cret-of-pingone", self.saved.read_text())
        self.assertEqual(self.apply_saved().code, 0)
        self.assertEqual(self.sim.provider("PingOne Workforce")["config"]["client_secret"], "s3cret-of-pingone")

    def test_remembers_only(self):
        self.write("github", github())
        self.save("--only", "github")
        self.assertEqual(self.apply_saved().code, 0)
        self.assertEqual([one["name"] for one in self.sim.providers()], ["GitHub"])

    def test_that_was_tampered_with_is_refused(self):
        self.save()
        document = json.loads(self.saved.read_text())
        document["fingerprint"] = "sha256:" + "0" * 64
        self.saved.write_text(json.dumps(document))
        self.assert_refused()

    def test_that_is_none_is_an_error(self):
        for text in ("", "{}", "no json", '{"format_version": 2, "fingerprint": "sha256:0"}', "[]", "null"):
            with self.subTest(text=text):
                self.saved.write_text(text)
                self.assert_refused("plan")

    def test_that_does_not_exist_is_an_error(self):
        self.assert_refused("plan.json")

    def test_that_is_empty_is_done_at_once(self):
        self.apply()
        self.save()
        self.sim.clear_requests()
        self.assertEqual(self.apply_saved().code, 0)
        self.assert_nothing_was_done()

    def test_is_not_saved_when_the_account_is_unknown(self):
        self.environment["TOKEN"] = "sim-expired"
        self.plan("--out", str(self.saved), code=1)
        self.assertFalse(self.saved.exists())

    def test_that_cannot_be_saved_is_an_error(self):
        result = self.idpd("plan", "--out", str(self.folder / "no/such/folder/plan.json"))
        self.assertEqual(result.code, 1)
        self.assertIn("cannot be saved", result.err)


class Expect(ApplyCase):
    def test_the_right_fingerprint_goes_on(self):
        fingerprint = self.plan()["fingerprint"]
        self.assertRegex(fingerprint, r"^sha256:[0-9a-f]{64}$")
        self.assertEqual(outcomes(self.applied("--expect", fingerprint)), {"workforce": "done"})

    def test_another_one_does_nothing_and_says_which_it_is_now(self):
        fingerprint = self.plan()["fingerprint"]
        self.write("github", github())
        result = self.idpd("apply", "--auto-approve", "--expect", fingerprint)
        self.assertEqual(result.code, 1)
        self.assertIn(self.plan()["fingerprint"], result.err)
        self.assert_nothing_was_done()

    def test_is_the_same_on_another_host(self):
        self.assertEqual(self.plan()["fingerprint"], self.plan("--account", "production")["fingerprint"])

    def test_what_withholds_is_not_in_it(self):
        self.write("github", github())
        self.apply()
        self.write("github", None)
        allowed = self.plan()["fingerprint"]
        self.settings(deletes="withhold")
        self.assertEqual(self.plan()["fingerprint"], allowed)


class Only(ApplyCase):
    def setUp(self):
        super().setUp()
        self.write("github", github())

    def test_narrows_the_plan(self):
        self.assertEqual([change["key"] for change in self.changes("--only", "github")], ["github"])
        self.assertEqual([change["key"] for change in self.changes("--only", "github", "--only", "workforce")], ["github", "workforce"])

    def test_narrows_the_apply(self):
        self.assertEqual(outcomes(self.applied("--only", "github")), {"github": "done"})
        self.assertEqual([one["name"] for one in self.sim.providers()], ["GitHub"])
        self.assertEqual([change["key"] for change in self.changes()], ["workforce"])

    def test_narrows_a_delete(self):
        self.apply()
        self.write("github", None)
        self.assertEqual(self.changes("--only", "workforce"), [])
        self.assertEqual(outcomes(self.applied("--only", "github")), {"github": "done"})

    def test_of_an_unknown_key_is_an_error_that_guesses(self):
        for command in (["plan"], ["apply", "--auto-approve"]):
            result = self.idpd(*command, "--only", "githbu")
            self.assertEqual(result.code, 1, result)
            self.assertIn('did you mean "github"', result.out + result.err)
        self.assert_nothing_was_done()

    def test_does_not_let_the_record_of_another_one_get_lost(self):
        self.apply()
        self.write("workforce", None)
        self.apply("--only", "github")
        self.assertEqual([change["action"] for change in self.changes()], ["delete"])


class ExitCodes(ApplyCase):
    def test_0_when_all_is_done(self):
        self.apply(code=0)

    def test_0_when_nothing_is_to_do(self):
        self.apply()
        self.apply(code=0)

    def test_0_when_only_the_user_s_own_setting_withholds_and_that_is_said(self):
        self.write("github", github())
        self.apply()
        self.write("github", None)
        self.settings(deletes="withhold")
        result = self.idpd("apply", "--auto-approve")
        self.assertEqual(result.code, 0, result)
        self.assertIn("withheld", result.out)

    def test_1_on_bad_input(self):
        (self.files / "broken.yaml").write_text("a: [")
        self.assertEqual(self.idpd("apply", "--auto-approve").code, 1)

    def test_1_on_bad_usage(self):
        for arguments in (["--no-such-flag"], ["--max-deletes", "many"], ["--output", "xml"], ["--lock-timeout", "soon"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.idpd("apply", "--auto-approve", *arguments).code, 1)
        self.assertEqual(self.idpd().code, 1)
        self.assertEqual(self.idpd("aply").code, 1)

    def test_1_on_a_failure_of_the_api(self):
        self.sim.fault(method="POST", status=400)
        self.apply(code=1)

    def test_1_when_a_guard_withholds(self):
        self.write("github", github())
        self.apply()
        self.write("github", None)
        self.sim.put("apps", [{"id": "a", "name": "Wiki", "allowed_idps": [self.sim.provider("GitHub")["id"]]}])
        self.apply(code=1)

    def test_2_is_plan_s_alone(self):
        self.assertEqual(self.idpd("plan", "--detailed-exitcode").code, 2)
        self.assertEqual(self.idpd("plan").code, 0)

    def test_2_when_the_changes_are_withheld_too(self):
        self.write("github", github())
        self.apply()
        self.write("github", None)
        self.settings(deletes="withhold")
        self.assertEqual(self.idpd("plan", "--detailed-exitcode").code, 2)

    def test_0_for_help_and_version(self):
        for arguments in (["--help"], ["--version"], ["version"], ["apply", "--help"]):
            self.assertEqual(self.idpd(*arguments).code, 0, arguments)


class Json(ApplyCase):
    def test_is_one_document_with_nothing_around_it(self):
        for arguments in (["plan"], ["plan", "--out", str(self.folder / "p")], ["apply", "--auto-approve"], ["apply", "--auto-approve"]):
            result = self.idpd("--log-level", "trace", *arguments, "--output", "json")
            self.assertEqual(result.code, 0, result)
            self.assertEqual(result.json["format_version"], 1)
            self.assertTrue(result.out.startswith("{") and result.out.endswith("}\n"))

    def test_is_one_document_when_it_fails(self):
        (self.files / "broken.yaml").write_text("a: [")
        for arguments in (["plan"], ["apply", "--auto-approve"], ["apply"]):
            result = self.idpd(*arguments, "--output", "json")
            self.assertEqual(result.code, 1)
            self.assertTrue(result.json["diagnostics"])

    def test_is_one_document_when_it_is_refused(self):
        result = self.idpd("apply", "--auto-approve", "--expect", "sha256:0", "--output", "json")
        self.assertEqual(result.code, 1)
        self.assertEqual(result.json["format_version"], 1)

    def test_is_one_document_when_it_asked_on_a_terminal(self):
        """stdout is a pipe, the answer comes from the terminal."""
        master, slave = pseudo_terminal()
        self.addCleanup(os.close, master)
        process = subprocess.Popen([self.program, "--config", str(self.folder / "idpd.yaml"), "apply", "--output", "json"],
                                   stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=self.folder, env=self.environment)
        os.close(slave)
        os.write(master, b"yes\n")
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(json.loads(out)["accounts"][0]["changes"][0]["outcome"], "done")

    def test_has_what_the_design_promises(self):
        document = self.plan()
        self.assertLessEqual({"format_version", "idpd_version", "fingerprint", "revision", "summary", "accounts", "diagnostics"}, document.keys())
        self.assertEqual(document["summary"], {"create": 1, "update": 0, "replace": 0, "delete": 0, "adopt": 0, "move": 0,
                                               "forget": 0, "withheld": 0, "in_sync": 0, "unmanaged": 0, "unknown": 0})
        account, = document["accounts"]
        self.assertEqual((account["account"], account["status"], account["error"]), ("production", "changes", None))
        change, = account["changes"]
        self.assertLessEqual({"key", "action", "id", "name", "type", "origin", "withheld", "fields", "changed_by"}, change.keys())
        self.assertNotIn("outcome", change)
        self.assertIn("outcome", self.applied()[0])


if __name__ == "__main__":
    unittest.main()
