"""botocore's files, read by ours: the same content in the same order, and clients made of it."""

import gzip
import inspect
import json
from collections import OrderedDict
from pathlib import Path

import boto3
import pytest
from botocore import loaders

import awsprof
from awsprof.awsapi.model_files import DictFileLoader, create_loader

DATA = Path(loaders.Loader.BUILTIN_DATA_PATH)
FILES = (
    *("endpoints", "partitions", "sdk-default-configuration", "_retry"),
    *("sts/2011-06-15/service-2", "s3/2006-03-01/paginators-1", "ec2/2016-11-15/waiters-2"),
)


@pytest.fixture(autouse=True)
def files_as_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is read for each test: moto changes what the tests of a process share."""
    for loader in (loaders.JSONFileLoader, DictFileLoader):
        monkeypatch.setattr(loader, "load_file", inspect.unwrap(loader.load_file))


def in_order(value: object) -> object:
    """The value with each table as pairs, whose order counts."""
    if isinstance(value, dict):
        return [(key, in_order(each)) for key, each in value.items()]
    return [in_order(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_botocore_reads_in_order(name: str) -> None:
    theirs = loaders.JSONFileLoader().load_file(str(DATA / name))
    ours = DictFileLoader().load_file(str(DATA / name))
    assert isinstance(theirs, OrderedDict)
    assert type(ours) is dict
    assert in_order(ours) == in_order(theirs)


def test_compressed_or_not_and_none_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "service-2"
    loader = DictFileLoader()
    assert loader.load_file(str(path)) is None
    path.with_name("service-2.json.gz").write_bytes(gzip.compress('{"ü": "gz"}'.encode()))
    assert loader.load_file(str(path)) == {"ü": "gz"}
    path.with_name("service-2.json").write_text('{"ü": "plain"}', encoding="utf-8")
    assert loader.load_file(str(path)) == {"ü": "plain"}
    assert loader.exists(str(path))


def test_a_sessions_clients_are_those_of_boto3_with_models_of_your_own(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mine" / "2020-01-01"
    own.mkdir(parents=True)
    metadata = {"apiVersion": "2020-01-01", "endpointPrefix": "mine", "protocol": "json"}
    more = {"serviceFullName": "Mine", "serviceId": "mine", "signatureVersion": "v4"}
    model = {"version": "2.0", "metadata": {**metadata, **more}, "operations": {}, "shapes": {}}
    (own / "service-2.json").write_text(json.dumps(model))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    ours, theirs = awsprof.session(region="eu-west-1"), boto3.Session(region_name="eu-west-1")
    assert ours.get_available_services() == theirs.get_available_services()
    assert ours.get_available_regions("ec2") == theirs.get_available_regions("ec2")
    for service in ("sts", "s3", "dynamodb", "mine"):
        mine, botos = ours.client(service), theirs.client(service)
        assert mine.meta.endpoint_url == botos.meta.endpoint_url
        assert dir(mine) == dir(botos)


def test_loaders_of_a_data_path_find_it(tmp_path: Path) -> None:
    assert str(tmp_path) in create_loader(str(tmp_path)).search_paths
