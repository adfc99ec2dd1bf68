/* FreeBSD's <ifaddrs.h> (include/ifaddrs.h), getifaddrs(3). */
#ifndef _IFADDRS_H_
#define _IFADDRS_H_

struct ifaddrs {
	struct ifaddrs *ifa_next;
	char *ifa_name;
	unsigned int ifa_flags;
	struct sockaddr *ifa_addr;
	struct sockaddr *ifa_netmask;
	struct sockaddr *ifa_dstaddr;
	void *ifa_data;
};

int getifaddrs(struct ifaddrs **);
void freeifaddrs(struct ifaddrs *);

#endif
