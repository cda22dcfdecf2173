"""A sweep on a Dask cluster: seed ranges go to workers, the pieces come back and are merged, to the digits of one run.

python sweep_dask.py --seeds 0..10000 outbox --vary outbox.poll=100ms,1s        # two processes of this machine
python sweep_dask.py --scheduler tcp://head:8786 --pieces 200 --seeds 0..1000000 outbox > whole.json
"""
import argparse, pathlib, subprocess, sys, tempfile
from dask.distributed import Client, as_completed


def piece(binary, sweep, start, end):
    """One range of seeds, by one worker. It runs again elsewhere if the worker dies: the same seeds, the same digits."""
    command = [binary, "sweep", *sweep, "--seeds", f"{start}..{end}", "--jobs", "1", "--format", "json"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scheduler", help="address of a running scheduler; without it two processes are started here")
    parser.add_argument("--binary", default="driftscope", help="the driftscope program, as each worker finds it")
    parser.add_argument("--pieces", type=int, default=40, help="into how many ranges the seeds are cut")
    parser.add_argument("--seeds", required=True, metavar="A..B", help="from A, below B")
    args, sweep = parser.parse_known_args()  # The rest goes to `driftscope sweep`: scenario, --vary, --metric, --set.
    first, last = map(int, args.seeds.split(".."))
    cuts = [first + (last - first) * n // args.pieces for n in range(args.pieces + 1)]
    ranges = [(a, b) for a, b in zip(cuts, cuts[1:]) if a < b]
    client = Client(args.scheduler) if args.scheduler else Client(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with client, tempfile.TemporaryDirectory() as folder:
        futures = [client.submit(piece, args.binary, sweep, a, b, retries=2, pure=False) for a, b in ranges]
        files = []
        for done, (_, text) in enumerate(as_completed(futures, with_results=True), 1):
            files.append(pathlib.Path(folder, f"{done}.json"))
            files[-1].write_bytes(text)
            print(f"{done} of {len(ranges)} pieces", file=sys.stderr, flush=True)
        sys.exit(subprocess.run([args.binary, "merge", *files]).returncode)


if __name__ == "__main__":
    main()
