import pytest

from greenroom.domain.address import AddressRule
from greenroom.domain.errors import AppError

PUBLIC = (
    "8.8.8.8",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
)
REFUSED = (
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2001::1", "2001:db8::1",
    "2002:7f00:1::1", "2002:a9fe:a9fe::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
)  # fmt: skip
NO_ADDRESSES = ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "", "8.8.8.8/32")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached_however_they_are_written(address):
    assert AddressRule().may_reach(address)


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_inside_are_not_reached_however_they_are_wrapped(address):
    assert not AddressRule().may_reach(address)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_plain_address_is_not_reached(text):
    assert not AddressRule.parse(["0.0.0.0/0"]).may_reach(text)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_an_operator_can_allow_a_network(address):
    rule = AddressRule.parse(["10.1.0.0/16"])
    assert rule.may_reach(address)
    assert not rule.may_reach("10.2.0.1")


@pytest.mark.parametrize("text", ["10.1.0.1/16", "intranet", "10.0.0.0/40"])
def test_a_network_that_is_none_is_named(text):
    with pytest.raises(AppError, match=text):
        AddressRule.parse([text])
