/* The ledger as its users see it: what is given, kept, found, released and written. */
#include "ledger_fixture.h"

#include <sys/stat.h>

static const uint8_t salt[LEDGER_SALT] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
#define SALT_TEXT "000102030405060708090a0b0c0d0e0f"

/* The expected numbers were computed with Python's hashlib. A change of them would give every VM of
 * every user, after its ledger was lost, another MAC than before. */
static void
candidates_are_what_they_always_were(void **state)
{
	static const uint8_t uuid[16] = { 0x41, 0xbe, 0x1d, 0xfc, 0xb7, 0x5a, 0x8d, 0x9f, 0xb5,
		0x9c, 0x6a, 0x24, 0xb5, 0x1e, 0x7e, 0x1b };
	uint8_t got[16];

	assert_true(mac_number(mac_candidate(salt, "web1", 0, 0, FIRST, LAST)) == 0x525400c8d079);
	assert_true(mac_number(mac_candidate(salt, "web1", 1, 0, FIRST, LAST)) == 0x52540018983a);
	assert_true(mac_number(mac_candidate(salt, "web1", 0, 1, FIRST, LAST)) == 0x5254009b500b);
	assert_int_equal(uid_candidate(salt, "web1", 0), 1913714932);
	uuid_of_vm(salt, "web1", got);
	assert_memory_equal(got, uuid, 16);
}

static void
another_salt_gives_other_numbers(void **state)
{
	const uint8_t other[LEDGER_SALT] = { 1 };
	uint8_t a[16], b[16];

	assert_false(mac_equal(mac_candidate(salt, "web1", 0, 0, FIRST, LAST),
	    mac_candidate(other, "web1", 0, 0, FIRST, LAST)));
	assert_int_not_equal(uid_candidate(salt, "web1", 0), uid_candidate(other, "web1", 0));
	uuid_of_vm(salt, "web1", a);
	uuid_of_vm(other, "web1", b);
	assert_memory_not_equal(a, b, 16);
}

static void
candidates_fill_a_range_evenly_and_never_leave_it(void **state)
{
	const struct mac first = mac_from_number(0x525400fffffe),
			 last = mac_from_number(0x525401000000);
	unsigned seen[3] = { 0 };

	for (unsigned i = 0; i < 3000; i++) {
		uint64_t n = mac_number(mac_candidate(salt, "web1", i % 10, i / 10, first, last));

		assert_in_range(n, mac_number(first), mac_number(last));
		seen[n - mac_number(first)]++;
	}
	for (unsigned i = 0; i < 3; i++)
		assert_in_range(seen[i], 900, 1100);
	assert_true(mac_equal(mac_candidate(salt, "web1", 0, 0, first, first), first));
	for (unsigned i = 0; i < 3000; i++)
		assert_in_range(uid_candidate(salt, "web1", i), LEDGER_UID_FIRST, LEDGER_UID_LAST);
	mac_candidate(salt, "web1", 0, 0, mac_from_number(0), mac_from_number(0xffffffffffff));
}

static void
a_missing_ledger_is_empty_and_is_not_made_by_reading(void **state)
{
	struct place *p = *state;
	struct ledger_entry e;
	struct ledger *l;
	size_t i = 0;

	assert_done(p, ledger_read(&p->d, p->path, &l));
	assert_false(ledger_has_salt(l));
	assert_true(mac_is_zero(ledger_mac_find(l, "web1", 0)));
	assert_int_equal(ledger_uid_find(l, "web1"), (uid_t)-1);
	assert_null(ledger_mac_owner(l, FIRST, NULL));
	assert_false(ledger_next(l, &i, &e));
	assert_int_equal(ledger_release(l, "web1"), 0);
	assert_false(mac_is_zero(get(p, l, "web1", 0))); /* a preview */
	assert_refused(p, ledger_commit(&p->d, l), "without its lock");
	ledger_close(l);
	ledger_close(NULL);
	assert_int_equal(access(p->path, F_OK), -1);
}

static void
what_was_given_is_given_again_after_a_commit(void **state)
{
	struct place *p = *state;
	struct ledger *l = lock(p);
	struct mac web, other, again;
	uid_t uid;
	unsigned nic = 99;
	uint8_t made[LEDGER_SALT];

	memcpy(made, ledger_salt(l), LEDGER_SALT);
	web = get(p, l, "web1", 0);
	other = get(p, l, "web1", 1);
	assert_done(p, ledger_uid_get(&p->d, l, "web1", NULL, NULL, &uid));
	assert_done(p, ledger_commit(&p->d, l));
	ledger_close(l);

	assert_done(p, ledger_read(&p->d, p->path, &l));
	assert_memory_equal(ledger_salt(l), made, LEDGER_SALT);
	assert_true(mac_equal(ledger_mac_find(l, "web1", 0), web));
	assert_true(mac_equal(ledger_mac_find(l, "web1", 1), other));
	assert_true(mac_is_zero(ledger_mac_find(l, "web1", 2)));
	assert_true(mac_is_zero(ledger_mac_find(l, "web1", UINT32_MAX)));
	assert_true(mac_is_zero(ledger_mac_find(l, "web", 0)));
	assert_int_equal(ledger_uid_find(l, "web1"), uid);
	assert_string_equal(ledger_mac_owner(l, other, &nic), "web1");
	assert_int_equal(nic, 1);
	/* Even from a range that no longer holds it: a NIC keeps its MAC for good. */
	assert_done(p, ledger_mac_get(&p->d, l, "web1", 0, mac_from_number(0x525400000001),
			   mac_from_number(0x525400000002), NULL, NULL, &again));
	assert_true(mac_equal(again, web));
	ledger_close(l);
}

static void
what_was_not_committed_is_lost(void **state)
{
	struct place *p = *state;
	struct ledger *l = lock(p);

	get(p, l, "web1", 0);
	assert_done(p, ledger_commit(&p->d, l));
	get(p, l, "web2", 0);
	ledger_close(l);
	l = lock(p);
	assert_false(mac_is_zero(ledger_mac_find(l, "web1", 0)));
	assert_true(mac_is_zero(ledger_mac_find(l, "web2", 0)));
	ledger_close(l);
}

static void
a_commit_without_a_change_writes_nothing(void **state)
{
	struct place *p = *state;
	struct stat before, after;
	struct ledger *l = lock(p);

	get(p, l, "web1", 0);
	assert_done(p, ledger_commit(&p->d, l));
	ledger_close(l);
	assert_int_equal(stat(p->path, &before), 0);
	l = lock(p);
	get(p, l, "web1", 0);
	assert_done(p, ledger_commit(&p->d, l));
	ledger_close(l);
	assert_int_equal(stat(p->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void
an_older_ledger_gives_the_same_macs_to_the_same_names(void **state)
{
	struct place *p = *state;
	struct ledger *l = lock(p);
	struct mac m[50];
	char *old;
	size_t len;

	get(p, l, "first", 0);
	assert_done(p, ledger_commit(&p->d, l));
	assert_done(p, file_read(&p->d, p->path, 4096, &old, &len));
	for (unsigned i = 0; i < 50; i++)
		m[i] = get(p, l, "web1", i);
	assert_done(p, ledger_commit(&p->d, l));
	ledger_close(l);

	assert_done(p, file_write(&p->d, p->path, 0644, old, len));
	free(old);
	l = lock(p);
	for (unsigned i = 50; i-- > 0;)
		assert_true(mac_equal(get(p, l, "web1", i), m[i]));
	ledger_close(l);
}

static bool
is_the_first_candidate(struct mac m, void *arg)
{
	return mac_equal(m, mac_candidate(salt, "web1", 0, 0, FIRST, LAST));
}

static void
a_clash_is_hashed_again(void **state)
{
	struct place *p = *state;
	struct ledger *l = lock_with_salt(p, SALT_TEXT);
	struct mac m;

	assert_done(
	    p, ledger_mac_get(&p->d, l, "web1", 0, FIRST, LAST, is_the_first_candidate, NULL, &m));
	assert_true(mac_equal(m, mac_candidate(salt, "web1", 0, 1, FIRST, LAST)));
	ledger_close(l);
}

static void
the_default_of_qemu_is_never_given(void **state)
{
	const struct mac before = mac_from_number(0x525400123455),
			 after = mac_from_number(0x525400123457);
	struct place *p = *state;
	struct ledger *l = lock(p);
	struct mac a, b, c;

	assert_done(p, ledger_mac_get(&p->d, l, "web1", 0, before, after, NULL, NULL, &a));
	assert_done(p, ledger_mac_get(&p->d, l, "web1", 1, before, after, NULL, NULL, &b));
	assert_true(mac_number(a) + mac_number(b) == mac_number(before) + mac_number(after));
	assert_refused(p, ledger_mac_get(&p->d, l, "web1", 2, before, after, NULL, NULL, &c),
	    "no MAC is left for NIC 2 of web1 between 52:54:00:12:34:55 and 52:54:00:12:34:57");
	ledger_close(l);
}

static void
a_range_is_used_up_to_its_last_mac(void **state)
{
	const struct mac first = mac_from_number(0x525400000100),
			 last = mac_from_number(0x5254000001ff);
	struct place *p = *state;
	struct ledger *l = lock(p);
	bool seen[256] = { false };
	struct mac m;

	for (unsigned i = 0; i < 256; i++) {
		assert_done(p, ledger_mac_get(&p->d, l, "web1", i, first, last, NULL, NULL, &m));
		assert_in_range(mac_number(m), mac_number(first), mac_number(last));
		assert_false(seen[m.b[5]]);
		seen[m.b[5]] = true;
	}
	assert_refused(
	    p, ledger_mac_get(&p->d, l, "web2", 0, first, last, NULL, NULL, &m), "no MAC is left");
	assert_refused(
	    p, ledger_mac_get(&p->d, l, "web2", 0, last, first, NULL, NULL, &m), "no MAC is left");
	ledger_close(l);
}

/* All but the MAC before the first candidate, to which the search comes last. */
static bool
all_but_the_last_to_be_tried(struct mac m, void *arg)
{
	return mac_number(m) != *(const uint64_t *)arg;
}

static void
the_whole_range_is_searched(void **state)
{
	const struct mac first = mac_from_number(0x525400000000),
			 last = mac_from_number(0x52540000ffff);
	struct place *p = *state;
	struct ledger *l = lock_with_salt(p, SALT_TEXT);
	uint64_t only = mac_number(mac_candidate(salt, "web1", 0, 0, first, last)) - 1;
	struct mac m;

	for (unsigned attempt = 0; attempt < 100; attempt++)
		assert_true(
		    mac_number(mac_candidate(salt, "web1", 0, attempt, first, last)) != only);
	assert_done(p, ledger_mac_get(&p->d, l, "web1", 0, first, last,
			   all_but_the_last_to_be_tried, &only, &m));
	assert_true(mac_number(m) == only);
	ledger_close(l);
}

static bool
uid_is_odd(uid_t uid, void *arg)
{
	++*(unsigned *)arg;
	return uid % 2 == 1;
}

static void
each_vm_has_a_uid_that_nobody_has(void **state)
{
	struct place *p = *state;
	struct ledger *l = lock(p);
	unsigned asked = 0;
	uid_t uid[100];

	for (unsigned i = 0; i < 100; i++) {
		char *vm = xasprintf("vm%u", i);

		assert_done(p, ledger_uid_get(&p->d, l, vm, uid_is_odd, &asked, &uid[i]));
		assert_int_equal(uid[i] % 2, 0);
		assert_in_range(uid[i], LEDGER_UID_FIRST, LEDGER_UID_LAST);
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(uid[k], uid[i]);
		free(vm);
	}
	assert_true(asked >= 100);
	ledger_close(l);
}

static void
a_released_vm_is_forgotten_and_the_others_are_not(void **state)
{
	struct place *p = *state;
	struct ledger *l = lock(p);
	struct ledger_entry e;
	struct mac m[3][20], again;
	uid_t uid;
	size_t i = 0;
	unsigned count = 0;

	for (unsigned nic = 0; nic < 20; nic++) {
		m[0][nic] = get(p, l, "web1", nic);
		m[1][nic] = get(p, l, "web2", nic);
		m[2][nic] = get(p, l, "web3", nic);
	}
	assert_done(p, ledger_uid_get(&p->d, l, "web2", NULL, NULL, &uid));
	assert_int_equal(ledger_release(l, "web2"), 21);
	assert_int_equal(ledger_release(l, "web2"), 0);
	assert_done(p, ledger_commit(&p->d, l));
	for (int turn = 0; turn < 2; turn++) {
		for (unsigned nic = 0; nic < 20; nic++) {
			assert_true(mac_equal(ledger_mac_find(l, "web1", nic), m[0][nic]));
			assert_true(mac_is_zero(ledger_mac_find(l, "web2", nic)));
			assert_null(ledger_mac_owner(l, m[1][nic], NULL));
			assert_true(mac_equal(ledger_mac_find(l, "web3", nic), m[2][nic]));
		}
		assert_int_equal(ledger_uid_find(l, "web2"), (uid_t)-1);
		ledger_close(l);
		l = lock(p);
	}
	while (ledger_next(l, &i, &e)) {
		assert_string_equal(e.vm, count % 2 == 0 ? "web1" : "web3");
		assert_int_equal(e.nic, count / 2);
		assert_true(mac_equal(e.mac, m[count % 2 * 2][count / 2]));
		count++;
	}
	assert_int_equal(count, 40);
	/* What was released is free for others. */
	assert_done(p, ledger_mac_get(&p->d, l, "web4", 0, m[1][3], m[1][3], NULL, NULL, &again));
	assert_true(mac_equal(again, m[1][3]));
	assert_int_equal(ledger_release(l, "web4"), 1);
	assert_done(p, ledger_mac_get(&p->d, l, "web5", 0, m[1][3], m[1][3], NULL, NULL, &again));
	assert_string_equal(ledger_mac_owner(l, m[1][3], NULL), "web5");
	/* The same name again gets the same MAC again. */
	assert_true(mac_equal(get(p, l, "web2", 7), m[1][7]));
	ledger_close(l);
}

static void
names_and_nics_that_the_file_could_not_hold_are_refused(void **state)
{
	static const char *const bad[] = { "", "a b", "a\nmac x 0 52:54:00:00:00:01", "../x",
		"-x" };
	struct place *p = *state;
	struct ledger *l = lock(p);
	struct mac m;
	uid_t uid;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_refused_as(p,
		    ledger_mac_get(&p->d, l, bad[i], 0, FIRST, LAST, NULL, NULL, &m), DIAG_CONFIG,
		    "name");
		assert_refused_as(
		    p, ledger_uid_get(&p->d, l, bad[i], NULL, NULL, &uid), DIAG_CONFIG, "name");
	}
	assert_refused(p,
	    ledger_mac_get(&p->d, l, "web1", LEDGER_NIC_MAX + 1, FIRST, LAST, NULL, NULL, &m),
	    "at most 65535");
	assert_false(mac_is_zero(get(p, l, "web1", LEDGER_NIC_MAX)));
	ledger_close(l);
}

static void
everybody_may_read_the_ledger_and_nobody_else_may_lock_it(void **state)
{
	struct place *p = *state;
	char *path = xasprintf("%s.lock", p->path);
	struct ledger *l = lock(p);
	struct stat st;

	assert_done(p, ledger_commit(&p->d, l));
	ledger_close(l);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(path);
}

#define with_place(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(candidates_are_what_they_always_were),
		cmocka_unit_test(another_salt_gives_other_numbers),
		cmocka_unit_test(candidates_fill_a_range_evenly_and_never_leave_it),
		with_place(a_missing_ledger_is_empty_and_is_not_made_by_reading),
		with_place(what_was_given_is_given_again_after_a_commit),
		with_place(what_was_not_committed_is_lost),
		with_place(a_commit_without_a_change_writes_nothing),
		with_place(an_older_ledger_gives_the_same_macs_to_the_same_names),
		with_place(a_clash_is_hashed_again),
		with_place(the_default_of_qemu_is_never_given),
		with_place(a_range_is_used_up_to_its_last_mac),
		with_place(the_whole_range_is_searched),
		with_place(each_vm_has_a_uid_that_nobody_has),
		with_place(a_released_vm_is_forgotten_and_the_others_are_not),
		with_place(names_and_nics_that_the_file_could_not_hold_are_refused),
		with_place(everybody_may_read_the_ledger_and_nobody_else_may_lock_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
