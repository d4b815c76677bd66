"""The first promise, whatever the API does: where the reference does not say how it behaves, the simulator has every
behaviour as a switch, and a plan right after an apply is empty under each. All fifteen types at once.
"""

import itertools
import os
import random
import unittest

import schemas
from harness import Case
from schemas import get_path, set_path

TYPES = schemas.all_types()
SWITCHES = {
    "redaction": ["asterisks", "absent", "empty"],
    "false_form": ["false", "absent"],
    "empty_form": ["absent", "empty"],
    "echo_defaults": [False, True],
    "order": ["kept", "shuffled"],
    "cert_form": ["kept", "pem", "base64", "wrapped"],
    "cert_alias": [False, True],
    "pingone_type": ["pingone", "ping"],
    "scim_base_url_at": ["scim_config", "top"],
    "result_info": ["full", "missing", "no_total"],
    "omitted_secret": ["kept", "cleared", "refused"],
    "duplicate_names": ["allowed", "refused"],
}


class Behaviours(Case):
    def setUp(self):
        super().setUp()
        self.environment.update(schemas.environment(TYPES))

    def write_all(self, entries):
        for key, entry in entries.items():
            self.write(key, entry)

    def walk(self, switches):
        """Create, read back, change one field of each, read back: never a change that is not one."""
        self.sim.control("POST", "/reset")
        for path in self.folder.glob(".idpd/*.db*"):
            path.unlink()
        self.sim.behave(**switches)
        entries = {one.name: one.entry(all_fields=True) for one in TYPES}
        self.write_all(entries)
        self.apply()
        self.assert_in_sync()
        for one in TYPES:
            entries[one.name]["name"] = f"Renamed {one.name}"
            if one.writable:
                set_path(entries[one.name], one.writable[0].path, one.writable[0].value(1))
        self.write_all(entries)
        self.apply()
        self.assert_in_sync()
        for one in TYPES:
            for secret in one.secrets:
                live = self.sim.provider(entries[one.name]["name"])
                self.assertEqual(get_path(live, secret.path), self.environment[secret.variable()], one.name)
        state = self.sim.state()
        self.assertEqual((state["masked_writes"], state["readonly_writes"]), (0, 0), state)

    def test_each_switch_by_itself_leaves_the_plan_empty(self):
        for switch, values in SWITCHES.items():
            for value in values[1:]:
                with self.subTest(**{switch: value}):
                    self.walk({switch: value})

    def test_random_combinations_leave_the_plan_empty(self):
        seed = int(os.environ.get("IDPD_TEST_SEED", random.randrange(2**32)))
        print(f"IDPD_TEST_SEED={seed}")
        chance = random.Random(seed)
        for switches in ({name: chance.choice(values) for name, values in SWITCHES.items()} for _ in range(12)):
            with self.subTest(seed=seed, **switches):
                self.walk(switches)

    def test_every_form_of_a_masked_secret_in_every_form_of_false_leaves_the_plan_empty(self):
        for redaction, false_form, empty_form in itertools.product(SWITCHES["redaction"], SWITCHES["false_form"], SWITCHES["empty_form"]):
            with self.subTest(redaction=redaction, false_form=false_form, empty_form=empty_form):
                self.walk({"redaction": redaction, "false_form": false_form, "empty_form": empty_form, "order": "shuffled"})


    def test_a_default_said_outright_is_the_same_as_an_absent_one(self):
        """`false` in a file against an API that leaves it out, `[]` against one that does, and the other way round."""
        for false_form, empty_form, echo in itertools.product(SWITCHES["false_form"], SWITCHES["empty_form"], SWITCHES["echo_defaults"]):
            with self.subTest(false_form=false_form, empty_form=empty_form, echo_defaults=echo):
                self.sim.control("POST", "/reset")
                for path in self.folder.glob(".idpd/*.db*"):
                    path.unlink()
                self.sim.behave(false_form=false_form, empty_form=empty_form, echo_defaults=echo)
                entries = {one.name: one.entry() for one in TYPES}
                said = 0
                for one in TYPES:
                    for field in one.writable:
                        if field.default is not None or (field.array and not field.required):
                            set_path(entries[one.name], field.path, [] if field.array else field.default)
                            said += 1
                self.assertGreater(said, len(TYPES))
                self.write_all(entries)
                self.apply()
                self.assert_in_sync()
                self.sim.clear_requests()
                self.apply()
                self.assertEqual(self.sim.writes(), [])


class UnknownFields(Case):
    def setUp(self):
        super().setUp()
        self.environment.update(schemas.environment(TYPES))
        self.entries = {one.name: one.entry() for one in TYPES}
        for key, entry in self.entries.items():
            self.write(key, entry)

    def test_that_the_server_shows_are_no_drift(self):
        self.sim.behave(extra_fields={"shown_by_the_server": "x"})
        self.apply()
        self.assert_in_sync()

    def test_that_the_server_stores_survive_an_update(self):
        self.sim.behave(extra_stored={"from_the_future": {"deep": [1, 2]}})
        self.apply()
        self.assert_in_sync()
        for one in TYPES:
            self.write(one.name, {**self.entries[one.name], "name": f"Renamed {one.name}"})
        self.apply()
        for one in TYPES:
            self.assertEqual(self.sim.provider(f"Renamed {one.name}")["config"].get("from_the_future"), {"deep": [1, 2]})


if __name__ == "__main__":
    unittest.main()
