#!/usr/bin/env python3
"""The check finds what it is there to find."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import check


class Check(unittest.TestCase):
    def said(self, place, text):
        """What the check says of a daemon/ with this one file in it."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            types = root / "schema" / "types"
            types.mkdir(parents=True)
            schema = {"properties": {"type": {"const": "acme"}}, "x-type-aliases": ["acmeid"]}
            (types / "acme.json").write_text(json.dumps(schema))
            path = root / "daemon" / place
            path.parent.mkdir(parents=True)
            path.write_text(text)
            return list(check.problems(root))

    def test_what_is_allowed_passes(self):
        for place, text in [
                ("main.cpp", '#include "cli/commands.h"\n#include "embedded.h"\n#include <sys/prctl.h>\n'),
                ("config/yaml.cpp", '#include <yaml-cpp/parser.h>\n#include <vector>\n#include "config/yaml.h"\n#include "model/live.h"\n'),
                ("base/json.cpp", "#include <rapidjson/reader.h>\n#include <fmt/format.h>\n"),
                ("http/curl.cpp", "#include <curl/curl.h>\n#include <asio/io_context.hpp>\n"),
                ("state/store.cpp", '#include <sqlite3.h>\n#include "model/record.h"\n#include "base/json.h"\n'),
                ("plan/plan.cpp", "// acme, \"acme\"\n/* \"acme\" */\nint x = 1'000;\nchar c = '\"';\nauto s = \"acme-like\";\n"),
                ("cli/init_texts.cpp", 'if (type == "acme") {}\n'),
                ("cli/init_texts.cpp", 'auto text = R"(type: "acme")";\n')]:
            self.assertEqual(self.said(place, text), [], place)

    def test_every_arrow_that_is_not_there_is_refused(self):
        for folder, allowed in check.ARROWS.items():
            for other in check.ARROWS:
                place = f"{folder}/x.cpp" if folder else "main.cpp"
                text = f'#include "{other}/y.h"\n'
                wrong = other not in allowed and other != folder
                if other:
                    self.assertEqual(len(self.said(place, text)), wrong, f"{place}: {text}")

    def test_the_place_of_an_include_is_named(self):
        self.assertEqual(self.said("model/live.h", '#pragma once\n\n  #  include "config/yaml.h"\n'),
                         ["daemon/model/live.h:3: model must not include config/yaml.h"])

    def test_a_library_stays_in_its_place(self):
        for place, header in [
                ("model/x.cpp", "yaml-cpp/yaml.h"), ("plan/x.h", "sqlite3.h"), ("config/x.cpp", "asio/io_context.hpp"),
                ("plan/x.cpp", "asio.hpp"), ("state/x.cpp", "asio/post.hpp"), ("report/x.cpp", "asio/post.hpp"),
                ("model/x.cpp", "asio/post.hpp"), ("cloudflare/x.cpp", "curl/curl.h"), ("base/text.cpp", "rapidjson/reader.h"),
                ("config/x.cpp", "rapidjson/document.h"), ("main.cpp", "CLI/CLI.hpp"), ("http/x.cpp", "spdlog/spdlog.h"),
                ("cloudflare/x.cpp", "openssl/evp.h"), ("base/x.cpp", "boost/asio.hpp"), ("base/x.cpp", "nlohmann/json.hpp")]:
            self.assertEqual(len(self.said(place, f"#include <{header}>\n")), 1, f"{place}: {header}")

    def test_the_schemas_are_for_main_alone(self):
        self.assertEqual(len(self.said("cli/x.cpp", '#include "embedded.h"\n')), 1)

    def test_an_unknown_folder_needs_arrows(self):
        self.assertEqual(len(self.said("util/x.cpp", "")), 1)

    def test_a_branch_on_a_type_is_found(self):
        for text in ['if (type == "acme") {}\n', 'case_of("acmeid");\n', 'auto s = R"(acme)";\n', 'auto s = R"x(acme)x";\n',
                     'load("types/acme.json");\n', 'auto s = "{\\"type\\": \\"acme\\"}";\n', 'auto s = R"({"type": "acme"})";\n',
                     "char c = '\"'; f(\"acme\");\n", 'f("//"); g("acme");\n', "int n = 1'000; f(\"acme\");\n"]:
            self.assertEqual(len(self.said("plan/x.cpp", text)), 1, text)

    def test_an_empty_tree_is_no_success(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(len(list(check.problems(pathlib.Path(folder)))), 2)


if __name__ == "__main__":
    unittest.main()
