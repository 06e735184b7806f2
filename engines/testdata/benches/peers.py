"""Other readers on the same file, one thread: `peers.py FILE [READER...]`; prints reader, seconds, records or rows.

Run by the benchmark `store` with the interpreter that TESTDATA_PEERS names; readers that are not installed are skipped.
"""

import sys
import time


def stdf_convert():
    import pyarrow
    from stdf_convert import tables

    pyarrow.array([1])
    return lambda path: sum(table.num_rows for table in tables(path).values())


def pystdf():
    from pystdf.IO import Parser

    class Count:
        records = 0

        def before_send(self, _, data):
            self.records += 1

        def __getattr__(self, name):
            return lambda *_: None

    def read(path):
        count = Count()
        with open(path, "rb") as file:
            parser = Parser(inp=file)
            parser.addSink(count)
            parser.parse()
        return count.records

    return read


def semi_ate():
    from Semi_ATE.STDF.utils import records_from_file

    return lambda path: sum(1 for _ in records_from_file(path, unpack=True))


def main():
    path, wanted = sys.argv[1], sys.argv[2:]
    for reader in (stdf_convert, pystdf, semi_ate):
        if wanted and reader.__name__ not in wanted:
            continue
        try:
            read = reader()
        except ImportError as missing:
            print(f"{reader.__name__} skipped: {missing}", file=sys.stderr)
            continue
        started = time.perf_counter()
        count = read(path)
        print(reader.__name__, time.perf_counter() - started, count, flush=True)


main()
