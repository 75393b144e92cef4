"""What is built once is whole, is built by one process, and leaves nothing behind when it is interrupted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from devstack import cache

SLOW = """
import sys, time
from devstack import cache, steps
steps.talk()

def make(folder):
    (folder / "half").write_text("")
    print("begun", flush=True)
    time.sleep(float(sys.argv[1]))
    (folder / "whole").write_text("")

print(cache.kept("thing-1", make).name, flush=True)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("VAULT_AWS_KIT_CACHE", str(tmp_path))
    return tmp_path


def builder(seconds):
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_thing_is_made_once(place):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "file").write_text("content")

    assert cache.kept("thing-1", make) == cache.kept("thing-1", make) == place / "thing-1"
    assert (place / "thing-1" / "file").read_text() == "content"
    assert len(made) == 1


def test_a_failed_build_leaves_nothing_and_is_tried_again(place):
    def fail(folder):
        (folder / "half").write_text("")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.kept("thing-1", fail)
    assert not [path for path in place.iterdir() if path.is_dir()]
    assert cache.kept("thing-1", lambda folder: None).is_dir()


def test_a_second_process_waits_and_says_so(place):
    with builder(1) as first:
        assert first.stdout.readline() == "begun\n"
        with builder(0) as second:
            out, err = second.communicate(timeout=20)
    assert out == "thing-1\n"
    assert "already being made" in err


def test_what_a_killed_build_left_is_removed_by_the_next_of_anything(place):
    with builder(60) as killed:
        assert killed.stdout.readline() == "begun\n"
        killed.kill()
    assert list(place.glob("thing-1.unfinished-*"))
    cache.kept("other-1", lambda folder: None)
    assert not list(place.glob("thing-1.unfinished-*"))
    assert not (place / "thing-1").exists()


def test_what_somebody_is_working_on_is_left_alone(place):
    with builder(2) as busy:
        assert busy.stdout.readline() == "begun\n"
        cache.kept("other-1", lambda folder: None)
        busy.communicate(timeout=20)
        assert busy.returncode == 0
    assert (place / "thing-1" / "whole").exists()


def test_other_sources_are_another_thing(tmp_path):
    source = tmp_path / "main.go"
    source.write_text("one")
    before = cache.key(source, "linux")
    source.write_text("two")
    assert cache.key(source, "linux") != before
    assert cache.key("a", "bc") != cache.key("ab", "c")
