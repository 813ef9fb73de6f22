"""Ids are unique, ordered by time, and fit 63 bits."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from connector.core import clock, ids


def test_ids_of_one_process_ascend_whoever_asks():
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: ids.new_ids(500), range(40)))
    assert all(part == sorted(part) for part in found)
    everything = [one for part in found for one in part]
    assert len(set(everything)) == 20_000
    assert max(everything) < 2**63


def test_a_batch_larger_than_a_millisecond_holds_is_still_ascending():
    found = ids.new_ids(10_000)
    assert found == sorted(set(found))
    assert ids.new_id() > found[-1]


def test_processes_do_not_share_ids():
    read, write = os.pipe()
    before = ids.new_id()
    child = os.fork()
    if child == 0:
        os.write(write, str(ids._node).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as told:
        other_node = int(told.read())
    assert other_node != ids._node or ids.new_id() > before  # one chance in 2048


def test_the_present_is_aware_and_dates_are_local():
    assert clock.now().tzinfo is UTC
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert clock.local_date(late, "Europe/Berlin") == "2027-01-01"
    assert clock.local_date(late, "America/New_York") == "2026-12-31"


def test_the_first_id_of_a_moment_is_below_all_later_ones():
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    assert ids.first_id(moment) < ids.first_id(moment + timedelta(milliseconds=1))
    assert ids.first_id(datetime(1999, 1, 1, tzinfo=UTC)) == 0
