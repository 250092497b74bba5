"""Regions and partitions, compared with what a botocore session says of them."""

import botocore.session
import pytest

from awsprof import regions


def test_partitions_are_botocores() -> None:
    session = botocore.session.Session()
    assert set(session.get_available_partitions()) <= set(regions.partition_names())


def test_every_region_is_in_the_partition_that_botocore_says() -> None:
    session = botocore.session.Session()
    for region in regions.all_regions():
        assert regions.partition_of(region) == session.get_partition_for_region(region)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("eu-nowhere-9", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("Frankfurt", None),
        ("", None),
    ],
)
def test_a_region_that_is_new_is_known_by_its_shape(region: str, partition: str | None) -> None:
    assert regions.partition_of(region) == partition


def test_where_sts_answers_for_every_account() -> None:
    assert regions.global_region("ap-east-1") == "us-east-1"
    assert regions.global_region("cn-northwest-1") == "cn-northwest-1"
    assert regions.default_region("aws-us-gov").startswith("us-gov-")
    assert regions.default_region("nosuch") == "us-east-1"


def test_near_misses() -> None:
    assert regions.closest_region("eu-west1") == "eu-west-1"
    assert regions.closest_region("US-EAST-1") == "us-east-1"
    assert regions.closest_region("Mars") is None


@pytest.mark.parametrize("text", ["us-east", "us-est-1", "eu-west-9", "west", "my own home."])
def test_a_region_that_could_be_one_of_several_or_none_is_not_guessed(text: str) -> None:
    assert regions.closest_region(text) is None
    assert not regions.is_known_region("eu-west-1a") and regions.is_known_region("eu-west-1")


def test_what_is_global_is_no_region() -> None:
    assert "aws-global" not in regions.all_regions()
