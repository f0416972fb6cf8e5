/* Guards: no address of this machine, of a network that is not the Internet, or of none at all, passes for a public one, however
 * it is written; both ends of every range are tried. */
#include "net/public_address.h"

#include "unit.h"

#include <arpa/inet.h>

static bool is_public(const char *name)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, name, &in4.sin_addr) == 1)
        return address_is_public((const struct sockaddr *)&in4, sizeof in4);
    CHECK_INT(inet_pton(AF_INET6, name, &in6.sin6_addr), 1);
    return address_is_public((const struct sockaddr *)&in6, sizeof in6);
}

static void addresses_of_no_public_network_are_told_apart(void)
{
    static const char *const bad[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "3fff:fff::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "1fff::1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (is_public(bad[i]))
            (void)printf("\n    %s", bad[i]);
        CHECK_INT(is_public(bad[i]), false);
    }
}

static void addresses_beside_them_are_public(void)
{
    static const char *const good[] = {
        "1.0.0.0",     "9.255.255.255",   "11.0.0.0",         "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.0",        "169.253.255.255",
        "169.255.0.0", "172.15.255.255",  "172.32.0.0",       "192.0.1.0",
        "192.0.3.0",   "192.167.255.255", "192.169.0.0",      "198.17.255.255",
        "198.20.0.0",  "223.255.255.255", "8.8.8.8",          "2000::1",
        "2001:200::1", "2001:4860::8888", "2003::1",          "2606:4700::1111",
        "3ffe::1",     "3fff:1000::1",    "64:ff9b::8.8.8.8",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!is_public(good[i]))
            (void)printf("\n    %s", good[i]);
        CHECK_INT(is_public(good[i]), true);
    }
}

static void what_is_no_address_is_not_public(void)
{
    struct sockaddr_storage s = {.ss_family = AF_UNIX};
    CHECK_INT(address_is_public((const struct sockaddr *)&s, sizeof s), false);
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808)};
    CHECK_INT(address_is_public((const struct sockaddr *)&in4, sizeof in4), true);
    CHECK_INT(address_is_public((const struct sockaddr *)&in4, sizeof in4 - 1), false); /* cut */
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr.s6_addr = {0x26}};
    CHECK_INT(address_is_public((const struct sockaddr *)&in6, sizeof in6), true);
    CHECK_INT(address_is_public((const struct sockaddr *)&in6, sizeof in6 - 1), false);
}

UNIT("net/public_address", CASE(addresses_of_no_public_network_are_told_apart),
     CASE(addresses_beside_them_are_public), CASE(what_is_no_address_is_not_public))
