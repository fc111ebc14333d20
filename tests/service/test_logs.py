import json
import threading

from firmus.service.logs import log


def test_lines_of_many_threads_stay_whole(capsys):
    def write(number):
        for count in range(200):
            log("job", job=f"{number}-{count}", message="x" * 300)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert len({line["job"] for line in lines}) == len(lines) == 1600
