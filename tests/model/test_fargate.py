"""CPU and memory that Fargate offers together."""

import pytest

from homeport.model.fargate import find_size_problem


@pytest.mark.parametrize(
    ("cpu", "memory_mb"),
    [(256, 512), (256, 2048), (512, 4096), (1024, 2048), (2048, 16384), (4096, 30720), (8192, 61440), (16384, 122880)],
)
def test_sizes_that_exist(cpu: int, memory_mb: int) -> None:
    assert find_size_problem(cpu, memory_mb) == ("", "")


@pytest.mark.parametrize(
    ("cpu", "memory_mb", "key"),
    [(128, 512, "cpu"), (256, 3072, "memory_mb"), (512, 512, "memory_mb"), (8192, 17408, "memory_mb"), (0, 0, "cpu")],
)
def test_sizes_that_do_not(cpu: int, memory_mb: int, key: str) -> None:
    assert find_size_problem(cpu, memory_mb)[0] == key
