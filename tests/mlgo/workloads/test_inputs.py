"""Inputs: the same every time, and what they claim to be."""

import json
import sqlite3
import xml.etree.ElementTree as ElementTree

import pytest

from mlgo.workloads.inputs import KINDS, make_input


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_bytes(kind):
    first = make_input(kind, 3000, seed=1)
    assert first == make_input(kind, 3000, seed=1)
    assert first != make_input(kind, 3000, seed=2)
    assert 2000 < len(first) < 60_000


def test_json_xml_and_sql_are_well_formed():
    values = json.loads(make_input("json", 20_000, seed=3))
    assert len(values) > 10
    root = ElementTree.fromstring(make_input("xml", 20_000, seed=3))
    assert len(list(root.iter())) > 50
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(make_input("sql", 4000, seed=3).decode())
        assert connection.execute("SELECT count(*) FROM a").fetchone()[0] == 100
