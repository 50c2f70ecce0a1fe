"""A person's browser on a trap page: what it shows, and what it keeps out of a person's way."""

import json
import pathlib
import re
import shutil
import subprocess

BROWSER = pathlib.Path(__file__).parent / "browser"


def look(url: str) -> dict:
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    command = ["node", str(BROWSER / "look.mjs"), chromium, url]
    done = subprocess.run(command, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_person_reads_what_it_is_and_meets_no_hidden_link(trapline):
    seen = look(f"http://127.0.0.1:{trapline.web}/{trapline.slug}/")
    text = seen["text"].lower()
    assert re.search(r"robot|program|automat|spam|harvest", text), seen["text"]
    assert "e-mail" in text or "email" in text or "mail" in text
    # Keyboard and screen reader go past the hidden links: whatever Tab reaches is shown.
    assert all(stop["visible"] for stop in seen["tab_stops"]), seen["tab_stops"]
    assert seen["hidden_links"] > 0
    assert seen["hidden_links_exposed"] == 0, "assistive technology meets a hidden link"
    assert seen["console_errors"] == []


def test_pages_of_two_sites_are_not_alike(trapline):
    second = trapline.json("site", "add")["slug"]
    trapline.wait(lambda: second_is_served(trapline, second), "the second site to be served", seconds=5)
    first_page = look(f"http://127.0.0.1:{trapline.web}/{trapline.slug}/")
    second_page = look(f"http://127.0.0.1:{trapline.web}/{second}/")
    assert first_page["title"] != second_page["title"] or first_page["text"] != second_page["text"]


def second_is_served(trapline, slug: str) -> bool:
    try:
        return trapline.get(f"http://127.0.0.1:{trapline.web}/{slug}/")[0] == 200
    except OSError:
        return False
