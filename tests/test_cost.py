import time

import numpy as np

from helpers import cost


def test_peak_memory_sees_what_a_call_holds_for_a_moment():
    def hold(mebibytes):
        block = np.ones(mebibytes * 2**20, np.uint8)
        time.sleep(0.05)
        return block.sum()

    assert 90 < cost.peak_memory(hold, 96) < 130
    assert cost.peak_memory(hold, 1) < 20
