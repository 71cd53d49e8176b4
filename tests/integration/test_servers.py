import signal
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from sqlalchemy import make_url

from hotline.servers import MAX_SOCKET_PATH, ServerFailed, redis_answers, socket_folder, start_postgres, start_redis


def test_the_redis_server_keeps_a_value_and_forgets_it_with_its_end(tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    with Redis.from_url(server.url) as client:
        client.set("a", "1")
        assert client.get("a") == b"1"
    server.stop()
    assert not redis_answers(server.url)
    assert not (tmp_path / "dump.rdb").exists()


def test_a_data_folder_with_a_long_path_still_gets_its_redis(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * MAX_SOCKET_PATH)
    deep.mkdir()
    server = start_redis(deep)
    assert redis_answers(server.url)
    assert str(deep) not in server.url
    server.stop()


def test_a_socket_stays_in_its_folder_when_its_path_is_just_short_enough() -> None:
    folder = Path("/" + "d" * (MAX_SOCKET_PATH - len("//redis.sock")))
    assert socket_folder(folder, "redis.sock") == folder


def test_postgres_runs_for_whoever_started_it_also_for_root(tmp_path: Path) -> None:
    server = start_postgres(tmp_path / "postgres")
    with psycopg.connect(make_url(server.url).set(drivername="postgresql").render_as_string()) as connection:
        [version] = connection.execute("SELECT current_setting('server_version_num')::int").fetchone() or [0]
    assert version >= 150000
    server.stop(signal.SIGINT)
    assert server.process.returncode is not None


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "something").touch()
    with pytest.raises(ServerFailed, match="not empty"):
        start_postgres(tmp_path / "postgres")
