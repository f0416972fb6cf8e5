#include "base/address.h"

#include <arpa/inet.h>

size_t address_key(struct text address, unsigned char out[ADDRESS_SIZE])
{
    char name[INET6_ADDRSTRLEN];
    struct in6_addr six = {.s6_addr = {[10] = 0xff, 0xff}}; /* ::ffff:0.0.0.0 */
    text_copy(name, sizeof name, address);
    if (inet_pton(AF_INET, name, six.s6_addr + 12) != 1 && inet_pton(AF_INET6, name, &six) != 1)
        return text_copy((char *)out, ADDRESS_SIZE, address);
    size_t n = IN6_IS_ADDR_V4MAPPED(&six) ? sizeof six : 8;
    memcpy(out, &six, n);
    return n;
}

bool address_is_local(struct text address)
{
    return text_starts(address, TEXT("127.")) || text_is(address, TEXT("::1")) ||
           text_starts(address, TEXT("::ffff:127."));
}
