#include "service/page_parts.h"

namespace idpd::service {

const std::string_view page_style = R"css(
:root { color-scheme: light dark; --page: #f5f6f8; --card: #ffffff; --ink: #1b1f24; --faint: #4d5661; --line: #c9d0d8;
  --good: #12602f; --good-back: #e2f4e7; --warn: #7a4300; --warn-back: #fdf0d7; --bad: #a1121f; --bad-back: #fde8e8;
  --link: #0b4fa8; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --card: #1d2127; --ink: #e8ebef; --faint: #a9b3bf; --line: #3d4650;
    --good: #7fdc9a; --good-back: #12321d; --warn: #f5c26b; --warn-back: #3a2a0c; --bad: #ff9c9c; --bad-back: #431a1c;
    --link: #8fbcff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1rem; }
header p { margin: 0.5rem 0; color: var(--faint); }
h1 { margin: 0; padding: 0.75rem 1rem; font-size: 1.35rem; line-height: 1.3; border: 2px solid; border-radius: 8px; }
@media (max-width: 30rem) { h1 { font-size: 1.15rem; } svg text.middle { display: none; } }
h2 { margin: 0 0 0.5rem; font-size: 1.15rem; }
h3 { margin: 1rem 0 0.25rem; font-size: 1rem; }
section { margin: 1rem 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
section.alarm { border: 2px solid var(--bad); }
article { margin: 0.75rem 0 0; padding: 0.5rem 0 0 0.75rem; border-left: 4px solid var(--line); }
article h3 { margin-top: 0; }
article.good { border-color: var(--good); }
article.bad { border-color: var(--bad); }
article.warn { border-color: var(--warn); }
p { margin: 0.25rem 0; }
.faint, time { color: var(--faint); }
time { font-size: 0.8125rem; white-space: nowrap; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
article.good, article.warn, article.bad { color: var(--ink); }
h1.good { background: var(--good-back); } h1.warn { background: var(--warn-back); } h1.bad { background: var(--bad-back); }
.badge { display: inline-block; padding: 0 0.5rem; border: 1px solid; border-radius: 1rem; font-size: 0.875rem; font-weight: 600; }
.badge.good { background: var(--good-back); } .badge.warn { background: var(--warn-back); } .badge.bad { background: var(--bad-back); }
dl { margin: 0.5rem 0; display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.15rem 1rem; }
dt { color: var(--faint); } dd { margin: 0; }
table { width: 100%; margin: 0.5rem 0; border-collapse: collapse; table-layout: fixed; font-size: 0.9375rem; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; }
th, td { padding: 0.35rem 0.5rem 0.35rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--faint); font-weight: 600; }
tbody th { font-weight: 600; }
table.fields tr + tr td { border-top: 0; padding-top: 0; }
table.fields th[scope=rowgroup] { padding-bottom: 0; }
table.told th:last-child, table.told td:last-child { width: 11rem; padding-right: 0; }
@media (min-width: 40rem) { table.told th:last-child, table.told td:last-child { width: 40%; } }
table small { display: block; color: var(--faint); font-weight: 400; font-size: 0.875rem; }
code { font: 0.9em/1.5 ui-monospace, monospace; }
code.command { display: block; margin: 0.25rem 0; padding: 0.5rem 0.75rem; background: var(--page); border: 1px solid var(--line); border-radius: 6px; user-select: all; }
summary { cursor: pointer; padding: 0.35rem 0; color: var(--link); }
summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.legend span { display: inline-block; margin-right: 1rem; }
svg.timeline { display: block; margin: 0.5rem 0; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg text.faint { fill: var(--faint); }
svg .mark { overflow: visible; }
svg .axis { stroke: var(--line); }
svg path.good { fill: var(--good); } svg path.warn { fill: var(--warn); }
svg path.cross { fill: none; stroke: var(--bad); stroke-width: 2.5; }
svg .bar { fill: var(--faint); } svg .bar.bad { fill: var(--bad); } svg .bar.warn { fill: var(--warn); }
footer { padding-bottom: 2rem; color: var(--faint); font-size: 0.875rem; }
)css";

}  // namespace idpd::service
