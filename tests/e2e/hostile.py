"""Names that want more than to be shown, and what no output for people may hold of them. For test_hostile_*.py."""

import functools
import html.parser
import re
import subprocess

NASTY = {
    # Short, since a long name is cut where people read it.
    "terminal": "a\x1b[31m\x1b]0;owned\x07\x9b2J\x7f\x08\r\nb\n- c\x85\v\fd\u2028\u2029",
    "reader": "a\u202egpj.exe\u2066\u2069\u200f\u061cb\u200b\u2060\ufeff\u00ad\U000e0041c",
    "markup": "<script>alert(1)</script><img src=x onerror=y>&\"'</code>",
    "markdown": "a|b`c``d``` [x](//evil.example) ![i](//evil) @team #1 ~~~",
    "slack": "<!channel> <@U1> <http://evil.example|click> @everyone &lt;",
    "labels": 'a"} 1\nevil_metric{x="\\',
    "long": "x" * 5000 + "\x1b[2J\0",
}
INVISIBLE = {0xad, 0x61c, 0x180e, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff, *range(0x202a, 0x202f),
             *range(0x2060, 0x2070), *range(0xe0000, 0xe0080)}


def steering(text, lines=True):
    """What would steer a terminal or a reader: control characters (a line's end where there are lines), those that
    turn the direction of writing and those that nobody sees."""
    found = {f"U+{ord(c):04X}" for c in text
             if (ord(c) < 0x20 and not (lines and c == "\n")) or 0x7f <= ord(c) < 0xa0 or ord(c) in INVISIBLE}
    return sorted(found)


class Rendered(html.parser.HTMLParser):
    """What a forge makes of Markdown: `found` is what no comment of idpd's has."""

    ELEMENTS = {"h3", "h4", "p", "ul", "li", "strong", "b", "code", "pre", "blockquote", "details", "summary"}
    ATTRIBUTES = {("open", None), ("class", "language-diff"), ("class", "language-sh")}

    def __init__(self, markdown):
        super().__init__()
        self.found, self.open = [], []
        done = subprocess.run(["cmark-gfm", "--unsafe", "-e", "autolink", "-e", "table", "-e", "strikethrough"],
                              input=markdown, capture_output=True, text=True, check=True)
        self.feed(done.stdout)
        self.close()
        self.found += self.open  # not closed

    def handle_starttag(self, tag, attributes):
        if tag not in self.ELEMENTS or not set(attributes) <= self.ATTRIBUTES:
            self.found.append((tag, attributes))
        self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.found.append("/" + tag)

    def handle_comment(self, data):
        self.found.append(data)

    def handle_data(self, data):
        # Where code is, neither forge looks for people, issues and addresses.
        if not {"code", "pre"} & set(self.open):
            self.found += re.findall(r"@team|#1\b|://evil|\bevil_metric\b", data)


def out_of_place(markdown):
    """What a name smuggled into Markdown, as GitHub's own reader of it sees it."""
    return Rendered(markdown).found


def each_name(*without):
    """The test once for each name, in a workspace of its own: a subtest."""
    def wrap(test):
        @functools.wraps(test)
        def all_of_them(self):
            for name, nasty in NASTY.items():
                if name not in without:
                    with self.subTest(name):
                        self.doCleanups()
                        self.setUp()
                        test(self, nasty)
        return all_of_them
    return wrap
