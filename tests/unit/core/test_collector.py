import subprocess
import sys


def test_what_there_was_at_the_start_is_not_looked_through_again_and_the_rest_seldom() -> None:
    program = (
        "import gc\n"
        "from embedded_server.core.collector import THRESHOLDS, spare_the_collector\n"
        "spare_the_collector()\n"
        "print(gc.isenabled() and gc.get_freeze_count() > 1000 and gc.get_threshold() == THRESHOLDS)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "True"
