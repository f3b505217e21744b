from desktop.core.feed_cache import CAPACITY, RowCache


def test_only_new_and_changed_rows_are_reported() -> None:
    cache = RowCache()
    assert cache.put(10, ["a", "b"], 0) == [10, 11]
    assert cache.put(10, ["a", "c", "d"], 1) == [11, 12]


def test_rows_stay_few_however_many_come() -> None:
    cache = RowCache()
    for first in range(0, 200_000, 60):
        cache.look_at(first, first + 60)
        cache.put(first, range(first, first + 60), 0)
    assert len(cache) <= CAPACITY + 60
    assert cache.get(199_980) is not None


def test_visible_rows_are_the_last_to_go() -> None:
    cache = RowCache()
    cache.look_at(500, 530)
    cache.put(500, range(30), 0)
    for first in range(100_000, 110_000, 60):
        cache.put(first, range(60), 0)
    assert all(cache.get(ordinal) is not None for ordinal in range(500, 530))
    assert len(cache) <= CAPACITY + 60


def test_what_is_missing_is_the_shortest_range_that_covers_it() -> None:
    cache = RowCache()
    cache.put(0, range(10), 0)
    cache.put(15, range(5), 0)
    assert cache.missing(0, 20, 0) == (10, 15)
    assert cache.missing(0, 10, 0) is None


def test_rows_of_an_older_revision_are_missing_until_confirmed() -> None:
    cache = RowCache()
    cache.put(0, ["a", "b", "c"], 1)
    assert cache.missing(0, 3, 2) == (0, 3)
    cache.put(0, ["a", "b", "c"], 2)
    assert cache.missing(0, 3, 2) is None


def test_rows_that_retention_took_are_forgotten() -> None:
    cache = RowCache()
    cache.put(0, range(10), 0)
    cache.drop_before(4)
    assert cache.get(3) is None
    assert cache.get(4) is not None
