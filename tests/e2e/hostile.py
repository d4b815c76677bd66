"""Names that want more than to be shown, and what no output for people may hold of them. For test_hostile_*.py."""

import functools
import re

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


def out_of_place(markdown):
    """Markup in Markdown that stands neither in a fence nor in a code span nor is escaped: what a name smuggled in."""
    found, fence, text = [], None, []
    for line in markdown.split("\n"):
        marks = re.match(r"(`{3,})", line)
        if fence:
            fence = None if line == fence else fence
        elif marks:
            fence = marks[1]
        else:
            text.append(line)
    # A paragraph's code spans: a run of ticks up to the next of the same length.
    bare = re.sub(r"(?<![`\\])(`+)(?!`).+?(?<!`)\1(?!`)", "", "\n".join(text))
    for allowed in ("<details>", "<summary>", "</summary>", "</details>"):
        bare = bare.replace(allowed, "")
    found += re.findall(r"(?<!\\)<[a-zA-Z!/]", bare)
    found += re.findall(r"@team|#1\b|(?<!\\)\]\(|://evil|\bevil_metric\b", bare)
    return found


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
