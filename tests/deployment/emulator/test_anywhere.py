"""The table of partitions in infra/README.md: which hosts the binary calls in each, and for which Region it signs."""

import os
import re

import pytest

from anywhere import calls
from emulator import REPOSITORY


def rows():
    """Partition, Region, suffix, IAM's host and its FIPS host, IAM's Region: once for each Region of the table."""
    page = (REPOSITORY / "infra/README.md").read_text()
    table = re.search(r"^\| partition \|.*\n\|[-|]+\n((?:\|.*\n)+)", page, re.MULTILINE)[1]
    for row in table.splitlines():
        partition, regions, suffix, iam, fips, signed = (re.findall(r"`([^`]+)`", cell) for cell in row.split("|")[1:-1])
        for region in regions:
            yield partition[0], region, suffix[0], iam[0], fips[0], signed[0]


@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize(("partition", "region", "suffix", "iam", "iam_fips", "signed"), list(rows()))
def test_hosts_and_signatures_are_those_of_the_table(partition, region, suffix, iam, iam_fips, signed, fips):
    mark = "-fips" if fips else ""
    # GovCloud's STS has no name of its own for it.
    sts = "sts" if partition == "aws-us-gov" else f"sts{mark}"
    expected = {
        ("iam", iam_fips if fips else iam, signed),
        ("secretsmanager", f"secretsmanager{mark}.{region}.{suffix}", region),
        ("sts", f"{sts}.{region}.{suffix}", region),
    }
    hosts = {host for _, host, _ in expected}

    seen = calls(os.environ["BINARY"], region, partition, hosts, **({"AWS_USE_FIPS_ENDPOINT": "true"} if fips else {}))

    assert seen == (expected, hosts)
