// Counts what the first thread of a program under qemu-user does: instructions,
// those of them in given ranges of addresses, and system calls. It is of qemu's
// plugin interface, version 1; Debian does not package the header, so that what is
// used of it is declared here.
//
//   qemu-mips -plugin plugin.so,out=FILE,soft=LOW-HIGH,... PROGRAM
//
// FILE gets a line "instructions N", "soft N", and "call NUMBER N" for each call.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct tb;
struct insn;
struct info;

int qemu_plugin_version = 1;

size_t qemu_plugin_tb_n_insns(const struct tb *);
struct insn *qemu_plugin_tb_get_insn(const struct tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct insn *);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct tb *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, void (*)(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t,
                                                          uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);

enum { MAX_RANGES = 256, MAX_CALLS = 8192 };

static struct { uint64_t low, high; } ranges[MAX_RANGES];
static int nranges;
static uint64_t instructions, soft, calls[MAX_CALLS];
static FILE *out;

// Only the first thread is counted, so that nothing here needs a lock.
static void ran(unsigned thread, void *n)
{
    if (thread == 0)
        instructions += (uintptr_t)n;
}

static void ran_soft(unsigned thread, void *n)
{
    if (thread == 0)
        soft += (uintptr_t)n;
}

static void translated(plugin_id id, struct tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb), in_range = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t at = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, i));
        for (int r = 0; r < nranges; r++)
            in_range += at >= ranges[r].low && at < ranges[r].high;
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, ran, 0, (void *)(uintptr_t)n);
    if (in_range)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, ran_soft, 0, (void *)(uintptr_t)in_range);
}

static void called(plugin_id id, unsigned thread, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                   uint64_t f, uint64_t g, uint64_t h)
{
    if (thread == 0 && number >= 0 && number < MAX_CALLS)
        calls[number]++;
}

static void ended(plugin_id id, void *data)
{
    fprintf(out, "instructions %" PRIu64 "\nsoft %" PRIu64 "\n", instructions, soft);
    for (int i = 0; i < MAX_CALLS; i++)
        if (calls[i])
            fprintf(out, "call %d %" PRIu64 "\n", i, calls[i]);
    fclose(out);
}

int qemu_plugin_install(plugin_id id, const struct info *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "w");
        } else if (strncmp(argv[i], "soft=", 5) == 0 && nranges < MAX_RANGES) {
            char *end;
            ranges[nranges].low = strtoull(argv[i] + 5, &end, 16);
            ranges[nranges++].high = strtoull(end + 1, NULL, 16);
        } else {
            return -1;
        }
    }
    if (!out)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
