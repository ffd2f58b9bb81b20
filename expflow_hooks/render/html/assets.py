"""The page's style and its script, and the policy that lets nothing else run or load."""

from __future__ import annotations

import base64
from hashlib import sha256

STYLE = """\
:root{color-scheme:light dark;--ink:#1f2328;--dim:#59636e;--line:#d1d9e0;--bg:#fff;--good:#1a7f37;--bad:#cf222e;\
--open:#8a5700;--mark:#0969da;--band:#b6e3ff}
@media(prefers-color-scheme:dark){:root{--ink:#f0f6fc;--dim:#9198a1;--line:#3d444d;--bg:#0d1117;--good:#3fb950;\
--bad:#ff7b72;--open:#d29922;--mark:#58a6ff;--band:#1c3f63}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--bg);margin:0 auto;padding:1rem;\
max-width:80rem}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}p,dl{margin:.4rem 0}
a{color:var(--mark)}.w{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
thead th{position:sticky;top:0;background:var(--bg);white-space:nowrap}
th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid var(--mark)}
th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.y{color:var(--good)}.x{color:var(--bad)}
.o{color:var(--open)}.m,.below{color:var(--dim)}label{display:block;margin:.6rem 0}
input{font:inherit;padding:.2rem .4rem;max-width:100%}svg{display:block}
svg.d{width:150px;height:16px}.defs{position:absolute}.dots{stroke:var(--mark);stroke-width:5;stroke-linecap:round;\
fill:none;}svg.t{width:100%;max-width:48rem;height:auto}tbody th{font-weight:400;\
min-width:9rem;max-width:22rem;overflow-wrap:anywhere}.note{min-width:14rem;font-size:.9em}\
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.gate{stroke:var(--bad);stroke-width:1;stroke-dasharray:3 2}
.band{stroke:var(--band);stroke-width:16;stroke-linecap:butt}
.t .p{stroke:var(--dim);stroke-width:5;stroke-linecap:round;fill:none}.t .f{fill:none;stroke:var(--mark);stroke-width:2}
.t text{fill:var(--dim);font-size:11px}.t .a{stroke:var(--line)}
@media print{input,label{display:none}thead th{position:static}}
"""

# A notebook's page has a style of its own: ours stays inside the fragment, and follows the page's colours.
FRAGMENT_STYLE = """\
.expflow{--dim:#737a82;--line:#8886;--good:#1a7f37;--bad:#cf222e;--open:#8a5700;--mark:#0969da;--band:#54aeff66}
[data-jp-theme-light=false] .expflow,.vscode-dark .expflow{--good:#3fb950;--bad:#ff7b72;--open:#d29922;--mark:#58a6ff}
.expflow .w{overflow-x:auto}.expflow table{border-collapse:collapse}
.expflow th,.expflow td{text-align:left;padding:.3em .6em;border-bottom:1px solid var(--line);vertical-align:top}
.expflow tbody th{font-weight:400}.expflow .n{text-align:right}.expflow .y{color:var(--good)}
.expflow .x{color:var(--bad)}.expflow .o{color:var(--open)}.expflow .m,.expflow .below{color:var(--dim)}
.expflow svg.d{width:150px;height:16px;display:block}.expflow .defs{position:absolute}
.expflow .dots{stroke:var(--mark);stroke-width:5;stroke-linecap:round;fill:none}
.expflow .gate{stroke:var(--bad);stroke-width:1;stroke-dasharray:3 2}
.expflow .band{stroke:var(--band);stroke-width:16}
.expflow caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
"""

# Sorts a column of numbers (class n) by its numbers, any other by its text; what is no number stays last either way.
# Filters by any text of a row.
SCRIPT = """\
(function(){var l=Array.prototype.slice.call(document.querySelectorAll("table.sort"));
function v(r,i){var c=r.cells[i],s=c.textContent.trim();if(c.className!=="n")return s.toLowerCase();\
s=parseFloat(s);return isNaN(s)?null:s}
l.forEach(function(t){var b=t.tBodies[0];
t.querySelectorAll("th button").forEach(function(u){u.addEventListener("click",function(){var h=u.parentNode,\
i=h.cellIndex,s=h.getAttribute("aria-sort")==="ascending"?-1:1;
t.querySelectorAll("th").forEach(function(o){if(o.hasAttribute("aria-sort"))o.setAttribute("aria-sort","none")});
h.setAttribute("aria-sort",s>0?"ascending":"descending");
Array.prototype.slice.call(b.rows).sort(function(p,q){var x=v(p,i),y=v(q,i);if(x===y)return 0;if(x===null)return 1;\
if(y===null)return -1;return(x<y?-1:1)*s}).forEach(function(r){b.appendChild(r)})})})});
var f=document.getElementById("filter");if(f){f.parentNode.hidden=false;f.addEventListener("input",function(){\
var w=f.value.toLowerCase();l.forEach(function(t){Array.prototype.forEach.call(t.tBodies[0].rows,function(r){\
r.hidden=r.textContent.toLowerCase().indexOf(w)<0})})})}})();
"""


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode() + "'"


def content_policy(script: bool = True) -> str:
    """Return the content security policy: nothing loads or runs but this style and this script, by their hashes."""
    run = f"; script-src {_hash(SCRIPT)}" if script else ""
    return f"default-src 'none'; style-src {_hash(STYLE)}{run}; base-uri 'none'; form-action 'none'"
