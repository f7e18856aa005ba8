"""Reads an HTML letter as a person does: its words, and its links apart. Quotations of earlier letters are left out."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

_BLOCKS = frozenset({"div", "p", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol"})
_HIDDEN = frozenset({"head", "style", "script", "title", "blockquote"})
_QUOTES = ("gmail_quote", "moz-cite-prefix", "yahoo_quoted")
_VOID = frozenset({"br", "img", "meta", "hr", "input", "link", "area", "base", "col", "embed", "source", "wbr"})


@dataclass(slots=True)
class Link:
    """One link: its class attribute, its address, its words."""

    kind: str
    url: str
    label: str = ""


class Page(HTMLParser):
    """Feed it the HTML at once: `Page(html)`. Links of class `apart` give no words to the text."""

    def __init__(self, html: str, apart: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self._apart = apart
        self._words: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._link: Link | None = None
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """The words, blocks on lines of their own."""
        lines = "".join(self._words).strip("\n").split("\n")
        kept = [line for at, line in enumerate(lines) if line.strip() or (at and lines[at - 1].strip())]
        return "\n".join(kept)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        about = {name: value or "" for name, value in attrs}
        if tag == "br" and not self._hidden:
            self._words.append("\n")
        if tag in _VOID:
            return
        hides = tag in _HIDDEN or any(mark in about.get("class", "") for mark in _QUOTES)
        self._open.append((tag, hides))
        if tag in _BLOCKS:
            self._new_line()
        if tag == "a" and not self._hidden and "href" in about:
            self._link = Link(about.get("class", ""), about["href"])
            self.links.append(self._link)

    def handle_endtag(self, tag: str) -> None:
        """A tag closes, with all that was left open inside it."""
        if tag not in (name for name, _ in self._open):
            return
        while self._open.pop()[0] != tag:
            pass
        if tag == "a":
            self._link = None
        if tag in _BLOCKS:
            self._new_line()

    def handle_data(self, data: str) -> None:
        """Words."""
        if self._hidden:
            return
        words = data.replace("\r", "").replace("\n", " ")
        if self._link is not None:
            self._link.label += words
            if self._apart and self._link.kind == self._apart:
                return
        if words.strip() or (self._words and not self._words[-1].endswith("\n")):
            self._words.append(words)

    @property
    def _hidden(self) -> bool:
        return any(hides for _, hides in self._open)

    def _new_line(self) -> None:
        if self._words and not self._words[-1].endswith("\n"):
            self._words.append("\n")
