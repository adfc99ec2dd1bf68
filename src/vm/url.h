/* Where an image is that another host serves; part of vm.h. */
#ifndef VMRUN_VM_URL_H
#define VMRUN_VM_URL_H

#include <stdbool.h>

enum vm_url_scheme {
	URL_NONE,
	URL_NBD,
	URL_NBD_UNIX,
	URL_SSH,
	URL_ISCSI,
	URL_HTTP,
	URL_HTTPS,
	URL_FTP,
	URL_FTPS
};

struct vm_url {
	int scheme;     /* enum vm_url_scheme */
	char user[64];  /* "": none is said */
	char host[256]; /* an IPv6 address without its brackets */
	unsigned port;  /* that of the scheme where none is said */
	char
	    path[1024]; /* of a file, with its first slash; the name of an NBD export, without it */
	char target[224]; /* iSCSI's name of the target */
	unsigned lun;
	char socket[104]; /* path of an NBD server's UNIX socket */
};

/* Can it be read alone? */
bool vm_url_readonly(const struct vm_url *url);
/* "https" */
const char *vm_url_scheme(const struct vm_url *url);

#endif
