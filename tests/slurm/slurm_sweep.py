"""nadc submit on a private Slurm: one machine, loopback only, its own munge, stopped by process id.

Usage: slurm_sweep.py NADC

Skips (77) where Slurm is not installed or this is not root. Shows that the merged file equals the sweep at once; that a
task which is killed and requeued goes on from its part; and that submitting again completes a study with a lost shard.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

NADC = os.path.abspath(sys.argv[1])
TINY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli", "studies", "tiny.yaml")


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds} s in vain for {what.__name__}")


class Cluster:
    def __init__(self, folder, topology=None, nodes=0):
        """One node that works; or `nodes` that are only named, and their topology.conf."""
        self.folder, self.processes = folder, []
        host = socket.gethostname().split(".")[0]
        names = f"node[0-{nodes - 1}]" if topology else host
        os.chmod(folder, 0o755)
        for name in ("state", "spool", "munge"):
            os.mkdir(f"{folder}/{name}", 0o755)
        with open(f"{folder}/munge.key", "wb") as key:
            key.write(os.urandom(1024))
        os.chmod(f"{folder}/munge.key", 0o600)
        shutil.copyfile("/dev/null", f"{folder}/jobcomp.txt")
        with open(f"{folder}/slurm.conf", "w") as conf:
            conf.write(f"""ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.txt
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
ReturnToService=2
NodeName={names} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State={"DOWN" if topology else "UNKNOWN"}
PartitionName=all Nodes={names} Default=YES MaxTime=INFINITE State=UP
""")
            if topology:
                conf.write("TopologyPlugin=topology/tree\n")
        if topology:
            with open(f"{folder}/topology.conf", "w") as conf:
                conf.write(topology)
        self.environment = {**os.environ, "SLURM_CONF": f"{folder}/slurm.conf"}
        self.start("munged", "--foreground", "--force", f"--socket={folder}/munge/socket",
                   f"--key-file={folder}/munge.key", f"--pid-file={folder}/munge/pid",
                   f"--log-file={folder}/munge/log", f"--seed-file={folder}/munge/seed")
        wait_for(lambda: os.path.exists(f"{folder}/munge/socket"))
        self.start("slurmctld", "-D", "-f", f"{folder}/slurm.conf", "-c")
        if not topology:
            self.start("slurmd", "-D", "-f", f"{folder}/slurm.conf", "-N", host)

    def start(self, program, *arguments):
        path = shutil.which(program) or f"/usr/sbin/{program}"
        with open(f"{self.folder}/{program}.out", "wb") as out:
            self.processes.append(subprocess.Popen([path, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                   env=getattr(self, "environment", None)))

    def call(self, *command, check=True):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=self.environment,
                              cwd=self.folder)
        assert done.returncode == 0 or not check, (command, done.stdout, done.stderr)
        return done.stdout

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def test(cluster):
    folder = cluster.folder

    def idle():
        return "idle" in cluster.call("sinfo", "-h", "-o", "%T", check=False)

    def ended():
        return not cluster.call("squeue", "-h").strip()

    wait_for(idle)

    def submit(*arguments):
        out = cluster.call(NADC, "submit", TINY, *arguments)
        return out.split("array ")[1].split(",")[0]

    def same(a, b):
        import h5py
        with h5py.File(f"{folder}/{a}") as x, h5py.File(f"{folder}/{b}") as y:
            for name in x:
                if isinstance(x[name], h5py.Dataset):
                    assert x[name].dtype.kind == "O" or x[name][()].tobytes() == y[name][()].tobytes(), name

    longer = ["horizon=60 d", "--samples", "64", "--replicas", "4"]
    cluster.call(NADC, "sweep", TINY, *longer, "-o", "whole.h5")
    array = submit("--tasks", "3", "-o", "study.h5", "--device", "serial", *longer)

    # Kill what runs of task 1 as a lost node would, and let it run again.
    first = f"{folder}/study.shards/shard-1-of-3.h5"
    wait_for(lambda: os.path.exists(first + ".part") or os.path.exists(first))
    interrupted = not os.path.exists(first)
    cluster.call("scontrol", "requeue", f"{array}_1", check=False)

    def restart():
        cluster.call("scontrol", "update", f"jobid={array}_1", "StartTime=now", check=False)
        return ended()

    wait_for(restart, 150)
    print("task 1 was", "interrupted" if interrupted else "finished before it could be interrupted")
    same("whole.h5", "study.h5")
    assert "3/3" in cluster.call(NADC, "submit", "--status", "study.shards")

    # A lost shard: submitting again runs only that one.
    os.remove(f"{folder}/study.h5")
    os.remove(f"{folder}/study.shards/shard-2-of-3.h5")
    kept = os.stat(first).st_mtime_ns
    assert "not begun" in cluster.call(NADC, "submit", "--status", "study.shards", check=False)
    submit("--tasks", "3", "-o", "study.h5", "--device", "serial", *longer)
    wait_for(ended, 150)
    assert os.stat(first).st_mtime_ns == kept
    same("whole.h5", "study.h5")


def main():
    for program in ("slurmctld", "slurmd", "munged", "sbatch"):
        if not shutil.which(program) and not os.path.exists(f"/usr/sbin/{program}"):
            skip(f"{program} is not installed (apt-get install slurm-wlm munge)")
    if os.geteuid() != 0:
        skip("a private Slurm wants root")
    try:
        import h5py  # noqa: F401
    except ImportError:
        skip("h5py is not installed")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        cluster = Cluster(folder)
        try:
            test(cluster)
        except BaseException:
            for name in ("slurmctld.log", "slurmd.log", "munged.out", "slurmd.out", "slurmctld.out",
                         "study.shards/merge.log", "study.shards/sweep-1.log"):
                if os.path.exists(f"{folder}/{name}"):
                    print(f"--- {name}\n" + open(f"{folder}/{name}", errors="replace").read()[-3000:])
            raise
        finally:
            cluster.stop()
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
