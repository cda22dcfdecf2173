"""The examples of examples/cluster against a single run, byte by byte. Run by scripts/test.sh, stage `cluster`."""
import os, pathlib, re, shutil, signal, subprocess, sys, tempfile, unittest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "examples" / "cluster"
BINARY = os.environ["DRIFTSCOPE"]
# Crashes at random, so that seeds differ, and two values of an option, so that there are two points.
SWEEP = ["missing-search-index", "--set", "nodes.app.crash_rate=20/m", "--vary", "direct.gap=1ms,uniform(1ms,30ms)"]
FIRST, LAST, PIECES = 5, 2405, 24


def single():
    """What one process writes."""
    command = [BINARY, "sweep", *SWEEP, "--seeds", f"{FIRST}..{LAST}", "--format", "json"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


class Cluster:
    """A scheduler and two workers: three processes, as on three machines."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.processes = []
        scheduler = self.start("scheduler", "--port", "0", "--no-dashboard")
        self.address = self.wait(scheduler, r"Scheduler at:\s*(tcp://\S+)")
        self.workers = [self.start("worker", self.address, "--no-nanny", "--no-dashboard", "--nthreads", "1") for _ in range(2)]
        for worker in self.workers:
            self.wait(worker, r"Registered to:\s*(tcp://\S+)")
        return self

    def start(self, *args):
        command = [sys.executable, "-m", "distributed.cli.dask_" + args[0], "--host", "127.0.0.1", *args[1:]]
        env = {**os.environ, "DASK_TEMPORARY_DIRECTORY": self.folder.name, "PYTHONUNBUFFERED": "1"}
        log = pathlib.Path(self.folder.name, f"{len(self.processes)}.log")
        with log.open("w") as to:
            process = subprocess.Popen(command, env=env, cwd=self.folder.name, stdout=to, stderr=subprocess.STDOUT)
        process.log = log
        self.processes.append(process)
        return process

    @staticmethod
    def wait(process, pattern):
        """Until the process says so, one minute at most."""
        for _ in range(600):
            found = re.search(pattern, process.log.read_text())
            if found:
                return found.group(1)
            if process.poll() is not None:
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        raise RuntimeError(f"no {pattern} in:\n{process.log.read_text()}")

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        self.folder.cleanup()


def by_dask(cluster, after_first=lambda: None):
    """What the example script writes, and what it says meanwhile; something may happen after its first piece."""
    command = [sys.executable, CLUSTER / "sweep_dask.py", "--scheduler", cluster.address, "--binary", BINARY]
    command += ["--pieces", str(PIECES), "--seeds", f"{FIRST}..{LAST}", *SWEEP]
    with tempfile.TemporaryFile() as out:
        lines = []
        with subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True) as script:
            for line in script.stderr:
                lines.append(line)
                if line.startswith("1 of "):
                    after_first()
            status = script.wait()
        out.seek(0)
        if status != 0:
            raise RuntimeError("".join(lines))
        return out.read(), lines


class Sweeps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.whole = single()
        assert b'"direct.gap": "uniform(1ms,30ms)"' in cls.whole

    def equal(self, merged):
        self.assertEqual(len(merged), len(self.whole))
        self.assertTrue(merged == self.whole, "the merged sweep is not the single run")

    def test_two_workers(self):
        with Cluster() as cluster:
            merged, lines = by_dask(cluster)
        self.assertEqual(sum(" pieces" in line for line in lines), PIECES)
        self.equal(merged)

    def test_a_worker_is_killed_in_the_middle(self):
        with Cluster() as cluster:
            doomed = cluster.workers[0]
            merged, _ = by_dask(cluster, after_first=lambda: doomed.send_signal(signal.SIGKILL))
            self.assertEqual(doomed.wait(10), -signal.SIGKILL)
            self.assertIsNone(cluster.workers[1].poll(), "the other one has done the rest")
        self.equal(merged)

    def test_indexed_job(self):
        jobs = [job for job in yaml.safe_load_all((CLUSTER / "job.yaml").read_text()) if job["kind"] == "Job"]
        spec = jobs[0]["spec"]
        env = {each["name"]: each["value"] for each in spec["template"]["spec"]["containers"][0]["env"]}
        self.assertEqual((spec["completionMode"], str(spec["completions"])), ("Indexed", env["PIECES"]))
        with tempfile.TemporaryDirectory() as folder:
            for index in range(7):
                env = {**os.environ, "JOB_COMPLETION_INDEX": str(index), "PIECES": "7", "FIRST": str(FIRST), "LAST": str(LAST)}
                env |= {"DRIFTSCOPE": BINARY, "OUT": folder}
                subprocess.run([CLUSTER / "entry.sh", *SWEEP], check=True, env=env)
            pieces = sorted(pathlib.Path(folder).iterdir())
            self.assertEqual(len(pieces), 7)
            merged = subprocess.run([BINARY, "merge", *pieces], check=True, stdout=subprocess.PIPE).stdout
        self.equal(merged)

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is missing. Install it with:  sudo apt-get install -y parallel")
    def test_gnu_parallel(self):
        command = [CLUSTER / "sweep_parallel.sh", str(FIRST), str(LAST), "9", *SWEEP]
        env = {**os.environ, "DRIFTSCOPE": BINARY}
        merged = subprocess.run(command, check=True, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        self.equal(merged)


if __name__ == "__main__":
    unittest.main()
