"""Who is alive on this host: told by a lock, which no killed process can keep."""

import signal
import subprocess
import sys

from gateway.presence import Presence

ENTER = "import sys; from pathlib import Path; from gateway.presence import Presence; p = Presence(Path(sys.argv[1])); "
ENTER += "p.enter(); print(p.owner, flush=True); sys.stdin.read()"


def test_a_live_process_is_not_dead_and_a_killed_one_is(tmp_path) -> None:
    ours = Presence(tmp_path)
    ours.enter()
    command = [sys.executable, "-c", ENTER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        owner = other.stdout.readline().strip()
        assert ours.dead() == []
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert ours.dead() == [owner]
    ours.forget(owner)
    assert ours.dead() == []
    ours.leave()
    ours.leave()
    assert list(tmp_path.iterdir()) == []


def test_processes_of_other_hosts_are_not_ours_to_judge(tmp_path) -> None:
    ours = Presence(tmp_path)
    ours.enter()
    (tmp_path / "another-host:1:abcd").touch()
    assert ours.dead() == []
    ours.leave()


def test_each_owner_is_one_of_a_kind(tmp_path) -> None:
    assert Presence(tmp_path).owner != Presence(tmp_path).owner
