"""CPU and memory that Fargate offers together.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""

GIB = 1024
SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1 * GIB, 2 * GIB),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}


def find_size_problem(cpu: int, memory_mb: int) -> tuple[str, str]:
    """The key that is wrong (`cpu` or `memory_mb`) and what is expected; two empty texts if the size exists."""
    if cpu not in SIZES:
        return "cpu", f"{cpu} is not a Fargate size; use {_either([str(size) for size in SIZES])}"
    if memory_mb in SIZES[cpu]:
        return "", ""
    return "memory_mb", f"{memory_mb} is not a Fargate size for {cpu / 1024:g} vCPU; use {_memory_in_words(SIZES[cpu])}"


def _memory_in_words(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 4:
        return _either([str(size) for size in sizes])
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
