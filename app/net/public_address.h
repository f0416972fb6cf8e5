/* public_address: whether an address is one of the Internet's, which anybody may be sent to. Pure. */
#ifndef SNUG_NET_PUBLIC_ADDRESS_H
#define SNUG_NET_PUBLIC_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for this machine, private and shared networks, links, multicast, reserved and documentation ranges, every way in which
 * IPv6 writes IPv4 (but for a NAT64's, which counts as the address in it), and families other than IPv4 and IPv6.
 * source: the IANA special-purpose address registries */
bool address_is_public(const struct sockaddr *address, socklen_t len);

#endif
