"""Whatever happens on the way, all phones, the server and the written rules end alike."""

from tests.convergence.conftest import Begin


def test_x(begin: Begin) -> None:
    import time

    for seed in range(5):
        t = time.time()
        story = begin(seed)
        t1 = time.time()
        try:
            story.tell(60)
        except BaseException:
            print(seed, story.trace[-6:])
            raise
        print(seed, t1 - t, time.time() - t1, story.counts)
