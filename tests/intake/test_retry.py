"""What failed is tried again ever more rarely, and told once."""

from gpend.intake.retry import Retry


def test_pauses_double_from_a_minute_to_an_hour() -> None:
    retry, now, pauses = Retry(), 0.0, list[float]()
    for _ in range(9):
        retry.fail(now)
        pauses.append(retry.at - now)
        now = retry.at
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_only_the_first_failure_and_the_first_success_are_news() -> None:
    retry = Retry()
    assert retry.at < 0
    assert not retry.succeed()
    assert retry.fail(0)
    assert not retry.fail(60)
    assert retry.succeed()
    assert not retry.succeed()
    assert retry.fail(1000)
    assert retry.at == 1060


def test_the_first_attempt_may_be_at_once() -> None:
    retry = Retry(first=0)
    retry.fail(5)
    assert retry.at == 5
    retry.fail(5)
    assert retry.at == 65
