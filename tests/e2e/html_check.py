# SPDX-License-Identifier: MIT
"""html_check.py FILE: is the HTML report well-formed, self-contained, scriptless and accessible?
Prints what is wrong, a line each, and ends with 1 if anything is."""
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "rect", "link", "img", "input", "hr", "polyline", "path"}
OPTIONAL_END = {"th"}  # the parser of HTML closes these by itself
FORBIDDEN = {"script", "link", "img", "iframe", "object", "embed", "form", "base", "video", "audio"}


class Checker(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.errors, self.ids, self.links, self.labels = [], [], [], [], []
        self.seen = {}

    def wrong(self, text):
        self.errors.append(f"{self.getpos()}: {text}")

    def handle_starttag(self, tag, attrs):
        if "svg" not in self.open:
            self.seen[tag] = self.seen.get(tag, 0) + 1
        if tag in FORBIDDEN:
            self.wrong(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "style", "srcdoc", "action"):
                self.wrong(f"attribute {name}")
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)
            if name == "aria-labelledby":
                self.labels.append(value)
        if tag not in VOID and tag not in OPTIONAL_END:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID or tag in OPTIONAL_END:
            return
        if not self.open or self.open[-1] != tag:
            self.wrong(f"</{tag}> closes {self.open[-3:]}")
        else:
            self.open.pop()

    def finish(self):
        if self.open:
            self.wrong(f"left open: {self.open}")
        if len(self.ids) != len(set(self.ids)):
            self.wrong("an id twice")
        for link in self.links:
            if not link.startswith("#") or link[1:] not in self.ids:
                self.wrong(f"link to {link}")
        for label in self.labels:
            if label not in self.ids:
                self.wrong(f"labelled by {label}")
        for tag in ("h1", "main", "header", "title", "style"):
            if self.seen.get(tag) != 1:
                self.wrong(f"{self.seen.get(tag, 0)} of <{tag}>")


text = open(sys.argv[1], encoding="utf-8", errors="strict").read()
checker = Checker()
checker.feed(text)
checker.close()
checker.finish()
if re.search(r"url\(|@import|https?:", text):
    checker.wrong("refers to something outside")
if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text):
    checker.wrong("a control character")
print("\n".join(checker.errors))
sys.exit(1 if checker.errors else 0)
