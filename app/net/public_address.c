#include "net/public_address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct range {
    unsigned char start[16];
    unsigned bits;
};

static const struct range four[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared by customers of a provider */
    {{127}, 8},           /* this machine */
    {{169, 254}, 16},     /* a link; servers of clouds tell secrets there */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocols */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* 6to4 relays */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast */
    {{240}, 4},           /* reserved, and everybody */
};

static const struct range six_global = {{0x20}, 3}; /* all that is given out */
static const struct range six_nat64 = {{0, 0x64, 0xff, 0x9b}, 96};
static const struct range six[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocols, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static bool is_in(const unsigned char *address, const struct range *r)
{
    size_t whole = r->bits / 8;
    unsigned char mask = (unsigned char)(0xff00u >> r->bits % 8);
    return memcmp(address, r->start, whole) == 0 &&
           (mask == 0 || (address[whole] & mask) == r->start[whole]);
}

static bool is_in_any(const unsigned char *address, const struct range *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_in(address, &list[i]))
            return true;
    return false;
}

static bool four_is_public(const unsigned char address[4])
{
    return !is_in_any(address, four, sizeof four / sizeof four[0]);
}

static bool six_is_public(const unsigned char address[16])
{
    if (is_in(address, &six_nat64))
        return four_is_public(address + 12);
    return is_in(address, &six_global) && !is_in_any(address, six, sizeof six / sizeof six[0]);
}

bool address_is_public(const struct sockaddr *address, socklen_t len)
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    if (len >= sizeof in4 && address->sa_family == AF_INET) {
        memcpy(&in4, address, sizeof in4);
        return four_is_public((const unsigned char *)&in4.sin_addr);
    }
    if (len >= sizeof in6 && address->sa_family == AF_INET6) {
        memcpy(&in6, address, sizeof in6);
        return six_is_public((const unsigned char *)&in6.sin6_addr);
    }
    return false;
}
