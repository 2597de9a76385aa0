"""Prose that stays true: find words in Markdown, and put what was found in their place.

`check` (fma.notebook.checking) leaves a record in a cell's output where the text is not what was
found. `apply_checks` takes an executed notebook and writes the records into its Markdown.
"""

import copy
import re
from dataclasses import dataclass
from html import escape

MIME = "application/vnd.fma.check+json"

# What Markdown is made of, beside plain letters; the first that fits is taken.
_TOKENS = re.compile(
    r"""
    (?P<skip> ^(?P<fence>`{3,}|~{3,})[\s\S]*?^(?P=fence)[`~]*[ ]*$  # code, directives
      | \$\$[\s\S]*?\$\$ | <!--[\s\S]*?--> | \{[\w:-]+\}`[^`]*` | ^:::.*$ | ^\([\w-]+\)=[ ]*$
      | \{[#.][^}\n]*\} | ^[ ]{0,3}\#+[ ] | ^[ ]*(?:>[ ]?)+ )
    | (?P<break> \n[ \t]*(?=\n) | ^[ ]*[-*+][ ]+ | (?:\A|(?<=\n\n))[ ]*\d+[.)][ ]+ | ^[ ]*1[.)][ ]+
      | (?<=\n)[ ]*(?P<next>\d+)[.)][ ]+ )
    | (?P<kept> `[^`]+` | \$(?!\s)[^$\n]*(?:\n[^$\n]+)*\$ | https?://[^\s)>]+
      | 63\s+vs\s+64\s+puzzle )
    | (?P<open> !?\[(?=[^\]]*\]\() | <[A-Za-z][^>]*> )
    | (?P<close> \]\([^)]*\) | </[A-Za-z][^>]*> )
    | (?P<mark> \*\*|\*|(?<!\w)_+|_+(?!\w) )
    | \\(?P<escaped>[!-/:-@\[-`{-~])
    | (?P<blank> \s+ )
    | (?P<letter> . )
    """,
    re.VERBOSE | re.MULTILINE,
)


@dataclass(frozen=True)
class Mark:
    """Markup within a line: bold, a link or an element; its two ends know each other."""

    start: int
    end: int
    opens: bool
    partner: int  # where the other end starts; -1 if there is none


class Prose:
    """The text of a Markdown cell as it is read, and where each of its letters stands.

    Attributes
    ----------
    source : str
        The Markdown.
    text : str
        What a reader sees: no markup, one blank for any, a line end between paragraphs.
    places : list of (int, int)
        For each letter of the text the piece of the source it comes from.
    kept : list of (int, int)
        Parts of the text that are code or mathematics: never changed from inside.
    marks : list of Mark
    """

    def __init__(self, source):
        self.source, letters, self.places, self.kept = source, [], [], []
        ends, opened, partners, numbered = [], [], {}, False

        def put(text, start, end):
            letters.extend(text)
            self.places.extend([(start, end)] * len(text))

        for token in _TOKENS.finditer(source):
            kind, start, end = token.lastgroup, *token.span()
            if kind == "break" and token["next"] and not numbered:  # a number that starts a line
                for k in range(start, end):
                    put(source[k], k, k + 1)
                continue
            if kind == "kept":
                self.kept.append((len(letters), len(letters) + len(token[0].strip("`$"))))
                put(token[0].strip("`$"), start, end)
            elif kind in ("letter", "escaped"):
                put(token[kind], start, end)
            elif kind == "blank" and letters and letters[-1] not in " \n":
                put(" ", start, end)
            elif kind in ("skip", "break") and (kind == "break" or "\n" in token[0]):
                if letters and letters[-1] == " ":
                    letters[-1] = "\n"
                elif letters and letters[-1] != "\n":
                    put("\n", start, start)
                opened.clear()
                numbered = token[0].strip()[:-1].isdigit()
            elif kind in ("open", "close", "mark"):
                same = next((o for o in reversed(opened) if _pair(o, token)), None)
                ends.append((start, end))
                if same and kind != "open":
                    partners[start], partners[same.start()] = same.start(), start
                    del opened[opened.index(same) :]
                elif kind != "close":
                    opened.append(token)
        self.text = "".join(letters)
        self.marks = [
            Mark(start, end, partners[start] > start, partners[start])
            for start, end in ends
            if start in partners
        ]

    def find(self, words):
        """Where the words stand: a list of (start, end) in the source, and the same in the text.

        A number is found whole: "64" is not in "640", "64.5", "-64" or "64%".
        """
        words, found = plain(words), []
        for hit in re.finditer(re.escape(words), self.text.replace("−", "-")) if words else ():
            start, end = hit.span()
            inside = any(a < start < b or a < end < b for a, b in self.kept)
            code = any(a <= start and end <= b for a, b in self.kept)
            if not inside and not code and _whole(self.text, start, end):
                found.append((self.places[start][0], self.places[end - 1][1], start, end))
        return found


def _pair(opening, closing):
    """Whether two tokens are the ends of one piece of markup."""
    first, last = opening[0], closing[0]
    if first[0] == "<":
        return last[:2] == "</" and re.match(r"\w+", first[1:])[0] == re.match(r"\w+", last[2:])[0]
    return first == last if first[0] in "*_" else last[0] == "]"


def _whole(text, start, end):
    """Whether no word or number goes on at either end; three letters before, two after show it."""
    before, after = text[max(start - 3, 0) : start], text[end : end + 2]
    if text[start].isalnum() and re.search(r"(\w|\d[.,]|(^|\W)[-−+]|\d[eE][-−+])\Z", before):
        return False
    return not (text[end - 1].isalnum() and re.match(r"\w|[.,]\d|%", after))


def plain(text):
    """Words as they are read: without emphasis, with single blanks and the hyphen as minus."""
    return " ".join(re.sub(r"\*+|`|\$|(?<!\w)_+|_+(?!\w)", "", text).replace("−", "-").split())


def minus(text):
    """The text with the sign before a number as a minus, not a hyphen."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", text)


def places(cells, index, words, everywhere):
    """Where the words of a check in cell `index` stand.

    Parameters
    ----------
    cells : list of Prose or None
        One for each cell of the notebook; None for code.
    index : int
    words : str
    everywhere : bool
        In all cells; else in the nearest above that has them.

    Returns
    -------
    list of (int, int, int, int, int)
        Number of the cell, start and end in its source, start and end in its text.
    """
    order = range(len(cells)) if everywhere else range(index - 1, -1, -1)
    found = []
    for i in order:
        hits = [(i, *hit) for hit in cells[i].find(words)] if cells[i] else []
        found += hits
        if hits and not everywhere:
            break
    return found


def apply_checks(notebook):
    """Return an executed notebook with its Markdown corrected by the checks in its outputs.

    A value stands where the words were, in ``<span class="fma-found" title="the text says …">``;
    words that are not true here stand in ``<span class="fma-untrue">``, and what holds instead
    follows in ``<span class="fma-note">``. The checks' outputs are gone. A per cent sign stays in
    the line of its number.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Is not changed.
    """
    notebook = copy.deepcopy(notebook)
    cells = [
        Prose(cell["source"]) if cell["cell_type"] == "markdown" else None
        for cell in notebook["cells"]
    ]
    records = {}
    for i, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", ()):
            if MIME not in output.get("data", ()):
                continue
            data = output["data"][MIME]
            for number, *place in places(cells, i, data["words"], data["everywhere"]):
                records.setdefault(number, []).append((*place[:2], data))
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell["outputs"] if MIME not in o.get("data", ())]
    for i, found in records.items():
        notebook["cells"][i]["source"] = _corrected(cells[i], found)
    for cell, prose in zip(notebook["cells"], cells, strict=True):
        if prose:
            cell["source"] = re.sub(r"(?<=\d)\s%", "\N{NO-BREAK SPACE}%", cell["source"])
    return notebook


def _corrected(prose, records):
    """The source of a cell with its records written in, the longest first where they overlap."""
    edits, taken = [], []
    untrue = [r for r in records if r[2]["found"] is None]
    values = [r for r in records if r[2]["found"] is not None]
    for start, end, data in sorted(values, key=lambda r: r[0] - r[1]):
        if any(start < b and a < end for a, b in taken):
            continue
        taken.append((start, end))
        before, after = _loose(prose, start, end)
        found = minus(data["found"])
        title = escape(f"the text says {plain(data['words'])}")
        span = f'<span class="fma-found" title="{title}">{escape(found)}</span>'
        edits.append((start, end, _text(before) + span + _text(after)))
    marked = []
    for start, end, data in sorted(untrue, key=lambda r: r[0] - r[1]):
        crossing = any(a < start < b or a < end < b for a, b in taken)
        if crossing or any(start < b and a < end for a, b in marked):
            continue
        marked.append((start, end))
        before, after = _loose(prose, start, end)
        note = escape(f"({data['here'] or 'not so here'})")
        edits.append((start, start, _text(before) + '<span class="fma-untrue">'))
        edits.append((end, end, f'</span> <span class="fma-note">{note}</span>' + _text(after)))
        edits += [
            (mark.start, mark.end, "")
            for mark in prose.marks
            if (mark.start, mark.end, prose.source[mark.start : mark.end]) in before + after
            and not any(a <= mark.start < b for a, b in taken)
        ]
    source = prose.source
    for start, end, text in sorted(edits, key=lambda e: (e[0], e[1]), reverse=True):
        source = source[:start] + text + source[end:]
    return source


def _loose(prose, start, end):
    """Ends of markup inside a piece of the source whose other ends are outside: before, after."""
    inside = [
        (mark.start, mark.end, prose.source[mark.start : mark.end], mark.opens)
        for mark in prose.marks
        if start <= mark.start < end and not start <= mark.partner < end
    ]
    return [m[:3] for m in inside if m[3]], [m[:3] for m in inside if not m[3]]


def _text(ends):
    return "".join(text for _, _, text in ends)
