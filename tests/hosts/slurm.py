"""A Slurm whose two nodes are hosts of their own; its controller is on the first."""

import shutil
import subprocess

from builders import ROOT
from hosts.namespaces import wait_until

PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "scontrol", "sinfo")
CONF = "/tmp/slurm/slurm.conf"
MISSED_AFTER = 10  # seconds until a node that does not answer is taken for down
# What any Slurm of the tests has in its configuration.
COMMON = """ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SchedulerParameters=batch_sched_delay=1,sched_interval=2
MinJobAge=3600
"""
CONFIGURATION = (
    COMMON
    + """
ClusterName=two
SlurmctldHost={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=/tmp/slurm/socket
CryptoType=crypto/munge
StateSaveLocation=/tmp/slurm
SlurmdSpoolDir=/tmp/slurm
SlurmctldPidFile=/tmp/slurm/slurmctld.pid
SlurmdPidFile=/tmp/slurm/slurmd.pid
SlurmdTimeout={missed}
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
)


def unusable() -> str:
    """Return why no Slurm can be started here; an empty text if it can."""
    missing = [name for name in PROGRAMS if not shutil.which(name, path="/usr/sbin:/usr/bin")]
    return f"a Slurm needs {', '.join(missing)}" if missing else ""


class Nodes:
    """Slurm on hosts, each a node with one processor. All its files are on the hosts' own disks."""

    def __init__(self, hosts, logs):
        self.hosts, self.logs = hosts, logs
        first = hosts[0]
        key = logs / "key"
        subprocess.run(["mungekey", "--create", "--keyfile", str(key)], check=True)
        nodes = [
            f"NodeName={host.name} NodeAddr={host.address} CPUs=1 RealMemory=2000" for host in hosts
        ]
        text = CONFIGURATION.format(
            controller=f"{first.name}({first.address})", nodes="\n".join(nodes), missed=MISSED_AFTER
        )
        for host in hosts:
            own = host.path("/tmp/slurm")
            own.mkdir(mode=0o755)
            shutil.copy(key, own / "key")
            (own / "slurm.conf").write_text(text)
            munge = [f"--{name}=/tmp/slurm/{name}" for name in ("socket", "pid-file", "seed-file")]
            self._daemon(
                *(host, "munged", "--foreground", "--force", "--key-file=/tmp/slurm/key"),
                *("--log-file=/tmp/slurm/munge.log", *munge),
            )
        self._daemon(first, "slurmctld", "-D", "-i")
        for host in hosts:
            wait_until((own / "socket").exists, 20, "munged did not start")
            self._daemon(host, "slurmd", "-D", "-N", host.name)
        wait_until(lambda: self("sinfo", "-h", "-o", "%T").split() == ["idle"], 60, self.said)

    def _daemon(self, host, *line):
        host.begin(*line, log=self.logs / f"{line[0]}-{host.name}.log", SLURM_CONF=CONF)

    def __call__(self, *line, **environment):
        """Run a command of Slurm on the first host and return what it prints."""
        return self.hosts[0].run(*line, SLURM_CONF=CONF, **environment).stdout

    def said(self):
        """Return the last lines of all daemons."""
        return "\n".join(f"{f.name}: {f.read_text()[-1500:]}" for f in self.logs.glob("*.log"))

    def submit(self, *options, arguments, **environment):
        """Submit reproduce.sh; return the number of the job. Each node logs to a disk of its own."""
        line = ["sbatch", "--parsable", "--chdir=/tmp", "--output=/tmp/%x-%A-%a.out", *options]
        done = self.hosts[0].run(
            *(*line, ROOT / "reproduce.sh", *arguments), SLURM_CONF=CONF, **environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().split(";")[0]

    def states(self, job):
        """Return the record of a job, of each task of an array, or of all jobs without a number."""
        lines = self("scontrol", "--oneliner", "show", "job", *([job] if job else [])).splitlines()
        return [dict(word.partition("=")[::2] for word in line.split()) for line in lines if line]

    def wait_for(self, job, seconds=120):
        """Wait until a job, or a whole array, has ended; return the record of each."""
        over = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"}
        wait_until(
            lambda: {state["JobState"] for state in self.states(job)} <= over,
            seconds,
            lambda: f"{self.states(job)} {self.log(job)} {self.said()}",
        )
        return self.states(job)

    def log(self, job):
        """Return what a job has printed on the hosts that are still there."""
        alive = [host for host in self.hosts if host.pid is not None]
        files = [file for host in alive for file in host.path("/tmp").glob(f"*-{job}-*.out")]
        return "\n".join(file.read_text() for file in files)
