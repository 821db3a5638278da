"""Downloads of the official files: mirrors in turn, nothing damaged is stored."""

import gzip
import hashlib
import io
import itertools
import zipfile

import official_files as make
import pandas as pd
import pytest
import requests
import urllib3

from pnetlib.datasets import download, gdsc_official as official, load_cohort
from pnetlib.datasets.download import OfficialFile
from pnetlib.errors import DownloadError, SetupError
from pnetlib.paper.drugs import PAPER_DRUGS


@pytest.fixture
def folder(tmp_path):
    return make.official_folder(tmp_path / "gdsc")


class Answers:
    """Stands for the network: answers for the files of a folder, and a path of three digits.

    A path that begins with "to-" leads on to the address that `leads` has for it.
    """

    address = "https://cog.sanger.ac.uk"

    def __init__(self, folder):
        self.folder, self.asked, self.leads = folder, [], {}

    def send(self, adapter, request, **options):
        assert options["timeout"] == download.PATIENCE and options["verify"]
        name = request.path_url.strip("/").split("/")[-1]
        self.asked.append(request.url)
        status, body, headers = 200, b"", {}
        if name.isdecimal():
            status = int(name)
        elif name in self.leads:
            status, headers = 302, {"Location": self.leads[name]}
        else:
            body = (self.folder / name.removeprefix("broken-")).read_bytes()
            headers = {"Content-Length": str(len(body))}
            body = body[: len(body) // 2] if name.startswith("broken-") else body
        answer = urllib3.HTTPResponse(
            io.BytesIO(body), headers, status, preload_content=False, decode_content=False
        )
        return adapter.build_response(request, answer)


@pytest.fixture
def server(folder, monkeypatch):
    answers = Answers(folder)
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter,
        "send",
        lambda own, request, **kw: answers.send(own, request, **kw),
    )
    return answers


def files_of(server):
    """Return the files as this server offers them, with the SHA-256 of the response file."""
    response = server.folder / "GDSC1_fitted_dose_response_27Oct23.xlsx"
    sha256 = hashlib.sha256(response.read_bytes()).hexdigest()
    make.write_annotation(server.folder, official=True)
    at = server.address
    return (
        (
            OfficialFile(response.name, (f"{at}/410", f"{at}/{response.name}"), sha256),
            OfficialFile("Cell_Lines_Details.xlsx", (f"{at}/Cell_Lines_Details.xlsx",)),
        ),
        (OfficialFile(official.EXPRESSION_ZIP, (f"{at}/404", f"{at}/{official.EXPRESSION_ZIP}")),),
    )


def test_official_files_are_downloaded_once_mirrors_in_turn(server, tmp_path):
    files, expression = files_of(server)
    cohort = download.load_official(PAPER_DRUGS, tmp_path / "cache", files, (expression,))
    pd.testing.assert_frame_equal(cohort.expression, load_cohort(server.folder).expression)
    assert cohort.provenance["source"] == "gdsc-official"
    zipped = (server.folder / official.EXPRESSION_ZIP).read_bytes()
    recorded = cohort.provenance["files"][official.EXPRESSION_ZIP]
    assert recorded == hashlib.sha256(zipped).hexdigest()
    asked = len(server.asked)
    assert asked == 5
    download.load_official(PAPER_DRUGS, tmp_path / "cache", files, (expression,))
    assert len(server.asked) == asked


def test_expression_by_ensembl_id_replaces_it_and_is_reported(server, tmp_path):
    files, _ = files_of(server)
    make.write_ensembl(server.folder, [(f"ENSG{at}", gene) for at, gene in enumerate(make.GENES)])
    at = server.address
    choices = (
        (OfficialFile(official.EXPRESSION_ZIP, (f"{at}/410",)),),
        tuple(
            OfficialFile(name, (f"{at}/{name}",))
            for name in (official.ENSEMBL, "gene_identifiers_20191101.csv")
        ),
    )
    cohort = download.load_official(PAPER_DRUGS, tmp_path / "cache", files, choices)
    assert official.ENSEMBL in cohort.provenance["files"]
    assert any("Genes renamed from Ensembl ids" in note for note in cohort.provenance["handled"])
    asked = len(server.asked)
    again = download.load_official(PAPER_DRUGS, tmp_path / "cache", files, choices)
    assert again.provenance == cohort.provenance and len(server.asked) == asked


def test_file_missing_at_all_addresses_is_one_sentence(server, tmp_path):
    at = server.address
    file = OfficialFile("x.zip", (f"{at}/404", f"{at}/410", f"{at}/500"))
    named = r"404 \(HTTP 404\), nor from .*410 \(HTTP 410\), nor from .*500 \(HTTP 500\): put the"
    make.refused(DownloadError, named, download.fetch_file, file, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))


def test_interrupted_download_leaves_nothing(server, tmp_path):
    name = official.EXPRESSION_ZIP
    file = OfficialFile(name, (f"{server.address}/broken-{name}",))
    make.refused(DownloadError, "interrupted", download.fetch_file, file, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path != server.folder] == []


@pytest.mark.parametrize("name", ["page.zip", "page.txt.gz", "page.csv", "page.xlsx"])
def test_page_in_place_of_a_file_is_refused_and_not_stored(server, tmp_path, name):
    (server.folder / name).write_text("<html>This service has moved</html>")
    file = OfficialFile(name, (f"{server.address}/{name}",))
    make.refused(
        DownloadError,
        "another file or a damaged one",
        download.fetch_file,
        file,
        tmp_path / "cache",
    )
    assert not list((tmp_path / "cache").iterdir())


def test_download_of_another_checksum_is_refused_and_not_stored(server, tmp_path):
    name = official.EXPRESSION_ZIP
    file = OfficialFile(name, (f"{server.address}/{name}",), "0" * 64)
    make.refused(
        DownloadError,
        "SHA-256 is not the expected one",
        download.fetch_file,
        file,
        tmp_path / "cache",
    )
    assert not list((tmp_path / "cache").iterdir())


def test_no_network_is_one_sentence(tmp_path, monkeypatch):
    def send(*arguments, **options):
        raise requests.ConnectionError

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    file = OfficialFile("x.zip", ("https://cog.sanger.ac.uk/x.zip",))
    make.refused(DownloadError, "is there a network", download.fetch_file, file, tmp_path)


@pytest.mark.parametrize(
    "address",
    [
        "http://cog.sanger.ac.uk/{}",
        "https://cog.sanger.ac.uk.example.org/{}",
        "https://cog.sanger.ac.uk@example.org/{}",
        "https://cog.sanger.ac.uk:8443/{}",
        "https://example.org/{}",
        "ftp://ftp.sanger.ac.uk/{}",
        "file:///{}",
    ],
)
def test_other_hosts_and_schemes_are_refused_also_after_a_redirect(server, tmp_path, address):
    address = address.format(official.EXPRESSION_ZIP)
    server.leads = {"to-other": address}
    for first in (address, f"{server.address}/to-other"):
        file = OfficialFile(official.EXPRESSION_ZIP, (first,))
        named = "not https to one of .*, or it leads elsewhere"
        make.refused(DownloadError, named, download.fetch_file, file, tmp_path / "cache")
    assert server.asked == [f"{server.address}/to-other"]
    assert not list((tmp_path / "cache").iterdir())


def test_a_redirect_to_a_listed_host_is_followed(server, tmp_path):
    name = official.EXPRESSION_ZIP
    server.leads = {"to-other": f"https://ftp.sanger.ac.uk/{name}"}
    file = OfficialFile(name, (f"{server.address}/to-other",))
    path = download.fetch_file(file, tmp_path / "cache")
    assert path.read_bytes() == (server.folder / name).read_bytes()


def test_every_address_is_https_to_a_listed_host():
    from pnetlib.datasets.ctrp import ARCHIVE

    files = [*download.RESPONSE_FILES, ARCHIVE, *itertools.chain(*download.EXPRESSION_FILES)]
    for address in (address for file in files for address in file.addresses):
        assert download._session().get_adapter(address)


@pytest.mark.parametrize(
    ("limit", "value"), [("LARGEST", 100), ("LONGEST", -1)], ids=["size", "time"]
)
def test_a_download_beyond_the_limits_is_refused(server, tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(download, limit, value)
    name = official.EXPRESSION_ZIP
    file = OfficialFile(name, (f"{server.address}/{name}",))
    make.refused(DownloadError, "MB, or too slow", download.fetch_file, file, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_bomb_is_not_stored(server, tmp_path):
    (server.folder / "bomb.txt.gz").write_bytes(gzip.compress(bytes(1 << 25), mtime=0))
    with zipfile.ZipFile(server.folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.txt", bytes(1 << 25))
    for name in ("bomb.txt.gz", "bomb.zip"):
        file = OfficialFile(name, (f"{server.address}/{name}",))
        named = "another file or a damaged one"
        make.refused(DownloadError, named, download.fetch_file, file, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_changed_file_of_known_checksum_is_downloaded_again(server, tmp_path):
    (response, _), _ = files_of(server)
    path = download.fetch_file(response, tmp_path / "cache")
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert download.fetch_file(response, tmp_path / "cache").read_bytes() == whole


def test_cache_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    make.refused(SetupError, "PNETLIB_CACHE", download.cache_folder, tmp_path / "file" / "cache")
