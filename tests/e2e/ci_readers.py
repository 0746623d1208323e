# SPDX-License-Identifier: MIT
"""ci_readers.py NAME: reads NAME.json and what was written beside it for CI services (NAME.sarif,
NAME.xml, NAME.github, NAME.gitlab) as those services do, and sees that all tell the same leaks."""
import json
import re
import sys
import urllib.parse

name = sys.argv[1]
with open(name + ".json", encoding="utf-8") as f:
    report = json.load(f)
kinds = report["gate"]["leak_kinds"]
leaks = [s for s in report["sites"]
         if s["kind"] in kinds and "suppressed_by" not in s and s["count"] > s.get("baselined", 0)]
counts = sorted(s["count"] - s.get("baselined", 0) for s in leaks)
assert sum(counts) == report["summary"]["leaked"]


def relative_uri(uri):
    return not urllib.parse.urlparse(uri).scheme and not uri.startswith("/")


def check_location(location):
    physical = location.get("physicalLocation")
    if physical is None:
        return
    artifact = physical["artifactLocation"]
    assert re.fullmatch(r"[!-~]+", artifact["uri"]), artifact["uri"]
    assert relative_uri(artifact["uri"]) == ("uriBaseId" in artifact)
    assert ".." not in artifact["uri"].split("/")
    assert physical["region"]["startLine"] >= 1


def check_sarif():
    with open(name + ".sarif", encoding="utf-8") as f:
        log = json.load(f)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    results = [r for r in run["results"] if not r["ruleId"].startswith("hazard.")]
    assert sorted(r["occurrenceCount"] for r in results) == counts
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        # No link and no placeholder may come about: brackets are escaped, braces doubled.
        text = result["message"]["text"]
        assert not re.search(r"(?<!\\)(\\\\)*\[", text), text
        assert re.sub(r"\{\{|\}\}", "", text).count("{") == 0, text
    for result in results:
        assert len(result["locations"]) == 1
        check_location(result["locations"][0])
        for stack in result.get("stacks", []):
            assert 1 <= len(stack["frames"]) <= 100
            for frame in stack["frames"]:
                check_location(frame["location"])
        for flow in result.get("codeFlows", []):
            for step in flow["threadFlows"][0]["locations"]:
                assert "physicalLocation" in step["location"]
                check_location(step["location"])
    prints = [(r["ruleId"], r["partialFingerprints"]["primaryLocationLineHash"]) for r in results]
    assert len(set(prints)) == len(prints)
    return sorted(p for _, p in prints)


def check_junit():
    import junitparser
    suites = junitparser.JUnitXml.fromfile(name + ".xml")
    cases = [c for suite in suites for c in suite]
    assert cases and len(cases) == suites.tests
    assert len({(c.classname, c.name) for c in cases}) == len(cases)
    failed = [c for c in cases
              if any(isinstance(r, junitparser.Failure) for r in c.result)]
    assert len(failed) == suites.failures == report["summary"]["sites"]
    for case in failed:
        assert "#0" in case.result[0].text or "not recorded" in case.result[0].text
    assert any(isinstance(r, junitparser.Error) for c in cases for r in c.result) == (
        not report["complete"])


def unescape(text):
    return re.sub(r"%(25|0D|0A|3A|2C)", lambda m: chr(int(m.group(1), 16)), text)


def check_github():
    with open(name + ".github", encoding="utf-8") as f:
        lines = f.read().split("\n")
    assert lines.pop() == ""
    errors = [re.fullmatch(r"::error (.*?)::(.*)", line) for line in lines
              if line.startswith("::error")]
    assert all(errors) and len(errors) <= 10
    assert len(errors) == min(len(leaks), 10)
    titles = []
    for error in errors:
        properties = dict(p.split("=", 1) for p in error.group(1).split(","))
        assert set(properties) <= {"file", "line", "title"}
        titles.append(unescape(properties["title"]))
        assert unescape(error.group(2))
    shown = [int(t.split()[0]) for t in titles if t != "timerleak"]
    assert shown == sorted(counts, reverse=True)[:len(shown)]
    if len(leaks) > 10:
        assert titles[-1] == "timerleak"
        assert "%d more" % (len(leaks) - 9) in errors[-1].group(2)


def check_gitlab(prints):
    with open(name + ".gitlab", encoding="utf-8") as f:
        issues = json.load(f)
    assert sorted(i["fingerprint"] for i in issues) == prints
    for issue in issues:
        assert issue["description"] and issue["check_name"]
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith("./")


check_gitlab(check_sarif())
check_junit()
check_github()
