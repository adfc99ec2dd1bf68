/* What neither FreeBSD nor macOS has; fills os.h. */
#include <errno.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"

static int
none(struct diag *d, const char *what)
{
	fail(d, "%s", what);
	errno = EOPNOTSUPP;
	return -1;
}

int
os_folder_readonly(const char *path)
{
	errno = EOPNOTSUPP;
	return -1;
}

int
os_guard_set(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge)
{
	return none(d, "a port has no guard here");
}

int
os_guard_there(struct diag *d, const struct os_tap *tap)
{
	return none(d, "a port has no guard here");
}

int
os_guard_watch(struct diag *d)
{
	return none(d, "a port has no guard here");
}

bool
os_guard_removed(int fd, const struct os_tap *taps, size_t n, const char *prefix, bool *ret_tables)
{
	*ret_tables = false;
	return false;
}

int
os_guard_remove(struct diag *d, unsigned index, const char *tap)
{
	return 0;
}

int
os_tap_queue(struct diag *d, const struct os_tap *tap)
{
	return none(d, "a tap has one queue here");
}

int
os_traffic(struct diag *d, struct os_traffic **ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	return 0;
}

int
os_vlans(struct diag *d, struct os_vlan **ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	return 0;
}

int
os_bridge_divides(struct diag *d, const struct os_link *bridge, const struct os_port *port)
{
	return 0;
}

int
os_neighbours(struct diag *d, struct os_neighbour **ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	return 0;
}

int
os_neighbour_probe(struct diag *d, const struct os_neighbour *n)
{
	return none(d, "neighbours are not told here");
}

int
os_bridge_heard(struct diag *d, const struct os_link *bridge, struct mac mac, unsigned except,
    struct os_heard *ret)
{
	*ret = (struct os_heard){ .port = 0 };
	return 0;
}

int
os_vfio_find(struct diag *d, const char *name, struct os_vfio *ret)
{
	return none(d, "devices are given away on Linux only");
}

int
os_usb_find(struct diag *d, const struct os_usb_wish *wish, char ret[OS_USB_PATH])
{
	return none(d, "USB devices are handed over on Linux only");
}

#define NO_NETWORKS "vmrun makes networks of the host's own on Linux only"

int
os_bridge_make(struct diag *d, const struct os_bridge *wish, struct os_link *ret)
{
	return none(d, NO_NETWORKS);
}

int
os_tunnel_make(struct diag *d, const struct os_tunnel *t, const struct os_link *bridge)
{
	return none(d, "vmrun makes tunnels on Linux only");
}

int
os_tunnel_destroy(struct diag *d, const char *name, const char *alias)
{
	return 0;
}

int
os_addr_add(struct diag *d, const struct os_link *link, const struct ip_net *net)
{
	return none(d, NO_NETWORKS);
}

int
os_forwarding_before(struct diag *d, bool ip6, char **ret)
{
	return none(d, NO_NETWORKS);
}

int
os_forwarding_on(struct diag *d, const char *before)
{
	return none(d, NO_NETWORKS);
}

int
os_forwarding_restore(struct diag *d, const char *before)
{
	return none(d, NO_NETWORKS);
}

int
os_table_there(struct diag *d, const char *table)
{
	return none(d, "nftables is of Linux");
}

int
nft_run(struct diag *d, const char *commands)
{
	return none(d, "nftables is of Linux");
}

int
nft_ask(struct diag *d, const char *commands, char **ret)
{
	return none(d, "nftables is of Linux");
}

bool
os_is_wireless(const char *name, const char *host)
{
	return false;
}

bool
os_vhost_net(void)
{
	return false;
}

int
os_vhost_net_open(struct diag *d)
{
	return none(d, "vhost is of Linux");
}

int
os_link_choose(struct diag *d, const char *wish, char ret[OS_IFNAME])
{
	return none(d, "no interface can have a rate here");
}

int
os_rates_check(struct diag *d, unsigned index, const char *name)
{
	return none(d, "no interface can have a rate here");
}

int
os_rates_set(struct diag *d, unsigned index, const char *name, const struct os_rates *rates)
{
	return none(d, "no interface can have a rate here");
}

int
os_rates_clear(
    struct diag *d, unsigned index, const char *name, const char *shaper, const char *alias)
{
	return 0;
}

int
os_macvtap_open(struct diag *d, const char *name, const struct os_macvtap *how, struct os_tap *ret)
{
	return none(d, "macvtap is of Linux");
}

int
os_macvtap_queue(struct diag *d, const struct os_tap *tap)
{
	return none(d, "macvtap is of Linux");
}

int
os_macvtap_up(struct diag *d, const struct os_tap *tap)
{
	return none(d, "macvtap is of Linux");
}

int
os_macvtap_destroy(struct diag *d, const char *name, const char *alias)
{
	return 0;
}

int
os_tap_received(struct diag *d, int fd, struct mac mac, struct os_tap *ret)
{
	return none(d, "taps are made for others on Linux only");
}

int
os_privileges_to_taps(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

int
os_privileges_to_caller(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

/* Nobody sends any: os_send_fds() does not. */
ssize_t
os_receive_fds(int sock, void *p, size_t size, int *fds, size_t max, size_t *ret_n)
{
	ssize_t length;

	do
		length = read(sock, p, size);
	while (length == -1 && errno == EINTR);
	if (length != -1)
		*ret_n = 0;
	return length;
}

int
os_send_fds(int sock, const void *p, size_t size, const int *fds, size_t n)
{
	errno = EOPNOTSUPP;
	return -1;
}

bool
os_proc_filtered(const struct os_proc *proc)
{
	return true;
}

int
os_guard_sweep(struct diag *d)
{
	return 0;
}

/* kqueue tells it only to a parent. */
int
os_proc_status(int procfd, const struct os_proc *proc, int *ret)
{
	return -1;
}

/* Neither kernel counts them, or says it where a program could read it. */
void
os_oom_look(pid_t pid, struct os_oom *ret)
{
	*ret = (struct os_oom){ 0 };
}

enum os_oom_answer
os_oom_killed(const struct os_oom *before, pid_t pid)
{
	return OS_OOM_NO;
}
