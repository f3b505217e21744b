import json

from embedded_server.tasks.demo import EXAMPLE_ARGS, app
from embedded_server.tasks.names import demo_names, merged, near


def test_every_demo_task_has_a_summary_a_signature_and_arguments_to_begin_with() -> None:
    names = {name.name: name for name in demo_names()}
    assert set(names) == {name for name in app.tasks if name.startswith("demo.")} == set(EXAMPLE_ARGS)
    assert names["demo.add"].signature == "(x: float, y: float = 0)"
    for name in names.values():
        assert name.summary.endswith(".")
        assert name.signature.startswith("(")
        assert isinstance(json.loads(name.example_args), list)


def test_registered_names_join_ours() -> None:
    names = merged(demo_names(), ["shop.pay", "demo.add"])
    assert [name.name for name in names].count("demo.add") == 1
    assert next(name for name in names if name.name == "demo.add").summary
    assert next(name for name in names if name.name == "shop.pay").signature == ""


def test_near_names_are_offered() -> None:
    assert near("demo.ad", ["demo.add", "shop.pay"]) == "Did you mean demo.add?"
    assert "2 names" in near("zzz", ["demo.add", "demo.fail"])
    assert "No worker is online" in near("x", [])


def test_the_demo_app_takes_json_only_and_acknowledges_late() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.result_accept_content == ["json"]
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
