/* fault_vfs: a disk for SQLite that forgets, fails and waits as a test says. A VFS around the system's own, SQLite's default
 * once it is installed; the product knows nothing of it. (fault_disk.h does less, a step deeper: at the system calls.)
 *
 * - Power loss: while it watches, it remembers of every database, log and journal what was synced, and whether its name
 *   is on disk. At any call that changes something, vfs_power_loss writes what a cut at this moment may leave.
 *   Sectors of 512 bytes are whole, as SQLite supposes (powersafe overwrite); what is not synced is dropped, kept or torn.
 *   The folder is synced where the system's VFS does it: by the first sync of a new log or journal, and where a
 *   deletion asks for it.
 * - Failures: the n-th call of a kind gives an error, or all from the n-th on.
 * - Waiting: a function that is called before each sync may take its time.
 *
 * Included by one file of a test program. Counts all threads; one lock keeps what it remembers in the order of the calls. */
#ifndef SNUG_TESTS_FAULT_VFS_H
#define SNUG_TESTS_FAULT_VFS_H

#include "base/must.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VFS_SECTOR ((size_t)512)
#define VFS_FILES 16

/* ---- failures */

enum vfs_call {
    VFS_OPEN,
    VFS_READ,
    VFS_WRITE,
    VFS_SYNC,
    VFS_TRUNCATE,
    VFS_SIZE,
    VFS_DELETE,
    VFS_LOCK,
    VFS_SHM_MAP,
    VFS_SHM_LOCK,
    VFS_CALLS
};

struct vfs_fault {
    atomic_int call;      /* enum vfs_call, or -1: none */
    atomic_int countdown; /* to the one that fails */
    atomic_int code;      /* what SQLite is told */
    atomic_int why;       /* errno */
    atomic_bool stays;    /* all after it fail too */
    atomic_bool fired;
};
static struct vfs_fault vfs_fault = {.call = -1};
static atomic_int vfs_made[VFS_CALLS]; /* how many there were */

/* The n-th call of that kind from now on (1: the next) fails, all others succeed. */
static inline void vfs_fault_at(enum vfs_call call, int n, int code, int why)
{
    atomic_store(&vfs_fault.call, -1);
    atomic_store(&vfs_fault.countdown, n);
    atomic_store(&vfs_fault.code, code);
    atomic_store(&vfs_fault.why, why);
    atomic_store(&vfs_fault.stays, false);
    atomic_store(&vfs_fault.fired, false);
    atomic_store(&vfs_fault.call, (int)call);
}

/* As vfs_fault_at, and all after it fail too, until vfs_fault_end. */
static inline void vfs_fault_from(enum vfs_call call, int n, int code, int why)
{
    vfs_fault_at(call, n, code, why);
    atomic_store(&vfs_fault.stays, true);
}

/* Ends it. True if a call was made to fail. */
static inline bool vfs_fault_end(void)
{
    atomic_store(&vfs_fault.call, -1);
    return atomic_load(&vfs_fault.fired);
}

/* What the call answers: SQLITE_OK, or the error it is to fail with. */
static inline int vfs_verdict(enum vfs_call call)
{
    atomic_fetch_add(&vfs_made[call], 1);
    if (atomic_load(&vfs_fault.call) != (int)call)
        return SQLITE_OK;
    int left = atomic_fetch_sub(&vfs_fault.countdown, 1);
    if (left > 1 || (left < 1 && !atomic_load(&vfs_fault.stays)))
        return SQLITE_OK;
    atomic_store(&vfs_fault.fired, true);
    errno = atomic_load(&vfs_fault.why);
    return atomic_load(&vfs_fault.code);
}

/* ---- what is on the disk */

struct disk_bytes {
    char *data;
    size_t len, room;
};

struct disk_file {
    char path[320]; /* "": free */
    struct disk_bytes now, synced;
    bool there;  /* has the name now */
    bool named;  /* and on the disk */
    int handles; /* open */
};

static pthread_mutex_t vfs_lock = PTHREAD_MUTEX_INITIALIZER;
static bool vfs_watches; /* under the lock, as are the next three */
static struct disk_file vfs_files[VFS_FILES];
static void (*vfs_moment)(void); /* before each call that changes something; may be NULL */
static _Atomic(void (*)(void)) vfs_before_sync; /* without the lock; may be NULL */

static inline void disk_bytes_put(struct disk_bytes *b, size_t at, const void *data, size_t len)
{
    if (at + len > b->room) {
        b->room = 2 * (at + len);
        b->data = realloc(b->data, b->room);
        must(b->data);
    }
    if (at > b->len)
        memset(b->data + b->len, 0, at - b->len);
    memcpy(b->data + at, data, len);
    b->len = at + len > b->len ? at + len : b->len;
}

static inline void disk_bytes_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
    to->len = 0;
    if (from->len > 0)
        disk_bytes_put(to, 0, from->data, from->len);
}

static inline void disk_file_drop(struct disk_file *f)
{
    free(f->now.data);
    free(f->synced.data);
    *f = (struct disk_file){0};
}

/* The names are on the disk as they are now. */
static inline void disk_folder_synced(void)
{
    for (size_t i = 0; i < VFS_FILES; i++) {
        vfs_files[i].named = vfs_files[i].there;
        if (vfs_files[i].path[0] && !vfs_files[i].there && vfs_files[i].handles == 0)
            disk_file_drop(&vfs_files[i]);
    }
}

static inline struct disk_file *disk_find(const char *path)
{
    for (size_t i = 0; i < VFS_FILES; i++)
        if (vfs_files[i].there && strcmp(vfs_files[i].path, path) == 0)
            return &vfs_files[i];
    return NULL;
}

static inline struct disk_file *disk_add(const char *path)
{
    size_t i = 0;
    while (vfs_files[i].path[0])
        must(++i < VFS_FILES);
    (void)snprintf(vfs_files[i].path, sizeof vfs_files[i].path, "%s", path);
    vfs_files[i].there = true;
    return &vfs_files[i];
}

static inline void disk_moment(void)
{
    if (vfs_watches && vfs_moment)
        vfs_moment();
}

/* From here on what is opened is remembered, and moment is called before each change, by the thread that makes it. */
static inline void vfs_watch(void (*moment)(void))
{
    (void)pthread_mutex_lock(&vfs_lock);
    vfs_watches = true;
    vfs_moment = moment;
    (void)pthread_mutex_unlock(&vfs_lock);
}

/* After everything is closed. */
static inline void vfs_unwatch(void)
{
    (void)pthread_mutex_lock(&vfs_lock);
    vfs_watches = false;
    for (size_t i = 0; i < VFS_FILES; i++)
        disk_file_drop(&vfs_files[i]);
    (void)pthread_mutex_unlock(&vfs_lock);
}

/* ---- power loss */

enum loss {
    LOSS_OF_ALL,  /* nothing that was not synced is there */
    LOSS_OF_NONE, /* everything is there, as after kill -9 */
    LOSS_OF_REST, /* of each file the first part of what changed */
    LOSS_OF_SOME, /* any sectors, any names */
    LOSS_KINDS
};

static inline unsigned vfs_chance(unsigned *chance, unsigned below)
{
    *chance = *chance * 1103515245u + 12345u;
    return (*chance >> 8) % below;
}

/* The surviving bytes of a file. What a lost write would have appended is anything. */
static inline void disk_survive(const struct disk_file *f, enum loss how, unsigned *chance,
                                struct disk_bytes *out)
{
    const struct disk_bytes *now = &f->now;
    const struct disk_bytes *old = &f->synced;
    size_t longer = now->len > old->len ? now->len : old->len;
    size_t cut = vfs_chance(chance, (unsigned)(longer / VFS_SECTOR + 2)) * VFS_SECTOR;
    bool new_size = how == LOSS_OF_NONE || (how != LOSS_OF_ALL && vfs_chance(chance, 2));
    size_t len = new_size ? now->len : old->len;
    char junk[VFS_SECTOR];
    memset(junk, (int)vfs_chance(chance, 256), sizeof junk);
    out->len = 0;
    for (size_t at = 0; at < len; at += VFS_SECTOR) {
        bool is_new = how == LOSS_OF_NONE || (how == LOSS_OF_REST && at < cut) ||
                      (how == LOSS_OF_SOME && vfs_chance(chance, 2));
        const struct disk_bytes *from = is_new ? now : old;
        size_t part = len - at < VFS_SECTOR ? len - at : VFS_SECTOR;
        size_t had = at >= from->len ? 0 : from->len - at < part ? from->len - at : part;
        disk_bytes_put(out, at, junk, part);
        if (had > 0)
            memcpy(out->data + at, from->data + at, had);
    }
}

/* Writes into the folder what a power loss now would leave of all that is watched. Only in a moment's function, or when
 * nothing is being changed. */
static inline void vfs_power_loss(const char *folder, enum loss how, unsigned *chance)
{
    struct disk_bytes left = {0};
    /* First the names that were taken away but may be back, so that a new file of the same name wins. */
    for (int new_ones = 0; new_ones < 2; new_ones++)
        for (size_t i = 0; i < VFS_FILES; i++) {
            const struct disk_file *f = &vfs_files[i];
            if (!f->path[0] || f->there != (bool)new_ones)
                continue;
            bool there = f->there == f->named  ? f->named
                         : how == LOSS_OF_ALL  ? f->named
                         : how == LOSS_OF_NONE ? f->there
                                               : vfs_chance(chance, 2) == 1;
            if (!there)
                continue;
            char to[640];
            (void)snprintf(to, sizeof to, "%s%s", folder, strrchr(f->path, '/'));
            disk_survive(f, how, chance, &left);
            FILE *file = fopen(to, "we");
            must(file && fwrite(left.data, 1, left.len, file) == left.len && fclose(file) == 0);
        }
    free(left.data);
}

/* ---- the VFS */

struct vfs_file {
    sqlite3_file base;
    struct disk_file *disk; /* NULL: not watched */
    bool syncs_folder;      /* with its first sync */
    sqlite3_file *real;     /* behind this */
};

static sqlite3_vfs *vfs_real;

static inline sqlite3_file *vfs_real_file(sqlite3_file *file)
{
    return ((struct vfs_file *)file)->real;
}

#define VFS_REAL(file, method, ...)                                                                \
    vfs_real_file(file)->pMethods->method(vfs_real_file(file) __VA_OPT__(, ) __VA_ARGS__)

static inline int vfs_close(sqlite3_file *file)
{
    struct vfs_file *f = (struct vfs_file *)file;
    (void)pthread_mutex_lock(&vfs_lock);
    if (f->disk)
        f->disk->handles--;
    (void)pthread_mutex_unlock(&vfs_lock);
    return VFS_REAL(file, xClose);
}

static inline int vfs_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    int code = vfs_verdict(VFS_READ);
    return code != SQLITE_OK ? code : VFS_REAL(file, xRead, out, len, at);
}

static inline int vfs_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    int verdict = vfs_verdict(VFS_WRITE);
    int why = errno;
    struct vfs_file *f = (struct vfs_file *)file;
    if (verdict != SQLITE_OK)
        len /= 2; /* what fails has come half way */
    (void)pthread_mutex_lock(&vfs_lock);
    disk_moment();
    int code = VFS_REAL(file, xWrite, data, len, at);
    if (code == SQLITE_OK && f->disk)
        disk_bytes_put(&f->disk->now, (size_t)at, data, (size_t)len);
    (void)pthread_mutex_unlock(&vfs_lock);
    errno = verdict != SQLITE_OK ? why : errno;
    return verdict != SQLITE_OK ? verdict : code;
}

static inline int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = vfs_verdict(VFS_TRUNCATE);
    if (code != SQLITE_OK)
        return code;
    struct vfs_file *f = (struct vfs_file *)file;
    (void)pthread_mutex_lock(&vfs_lock);
    disk_moment();
    code = VFS_REAL(file, xTruncate, size);
    if (code == SQLITE_OK && f->disk && f->disk->now.len > (size_t)size)
        f->disk->now.len = (size_t)size;
    (void)pthread_mutex_unlock(&vfs_lock);
    return code;
}

/* Only in memory: the real disk is spared. */
static inline int vfs_sync(sqlite3_file *file, int flags)
{
    void (*before)(void) = atomic_load(&vfs_before_sync);
    if (before)
        before();
    int code = vfs_verdict(VFS_SYNC);
    if (code != SQLITE_OK)
        return code;
    struct vfs_file *f = (struct vfs_file *)file;
    (void)flags;
    (void)pthread_mutex_lock(&vfs_lock);
    disk_moment();
    if (f->disk)
        disk_bytes_copy(&f->disk->synced, &f->disk->now);
    if (f->disk && f->syncs_folder)
        disk_folder_synced();
    f->syncs_folder = false;
    (void)pthread_mutex_unlock(&vfs_lock);
    return SQLITE_OK;
}

static inline int vfs_size(sqlite3_file *file, sqlite3_int64 *out)
{
    int code = vfs_verdict(VFS_SIZE);
    return code != SQLITE_OK ? code : VFS_REAL(file, xFileSize, out);
}

static inline int vfs_take_lock(sqlite3_file *file, int kind)
{
    int code = vfs_verdict(VFS_LOCK);
    return code != SQLITE_OK ? code : VFS_REAL(file, xLock, kind);
}

static inline int vfs_unlock(sqlite3_file *file, int kind)
{
    return VFS_REAL(file, xUnlock, kind);
}

static inline int vfs_is_reserved(sqlite3_file *file, int *out)
{
    return VFS_REAL(file, xCheckReservedLock, out);
}

static inline int vfs_control(sqlite3_file *file, int what, void *arg)
{
    if (what == SQLITE_FCNTL_LAST_ERRNO && atomic_load(&vfs_fault.fired)) {
        *(int *)arg = atomic_load(&vfs_fault.why);
        return SQLITE_OK;
    }
    return VFS_REAL(file, xFileControl, what, arg);
}

static inline int vfs_sector(sqlite3_file *file)
{
    return VFS_REAL(file, xSectorSize);
}

static inline int vfs_device(sqlite3_file *file)
{
    return VFS_REAL(file, xDeviceCharacteristics);
}

static inline int vfs_shm_map(sqlite3_file *file, int at, int size, int extend, void volatile **out)
{
    int code = vfs_verdict(VFS_SHM_MAP);
    return code != SQLITE_OK ? code : VFS_REAL(file, xShmMap, at, size, extend, out);
}

static inline int vfs_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    int code = flags & SQLITE_SHM_LOCK ? vfs_verdict(VFS_SHM_LOCK) : SQLITE_OK;
    return code != SQLITE_OK ? code : VFS_REAL(file, xShmLock, at, n, flags);
}

static inline void vfs_shm_barrier(sqlite3_file *file)
{
    VFS_REAL(file, xShmBarrier);
}

static inline int vfs_shm_unmap(sqlite3_file *file, int remove_it)
{
    return VFS_REAL(file, xShmUnmap, remove_it);
}

/* A file that was there before it was watched is on the disk as it is. */
static inline void disk_load(struct disk_file *d, sqlite3_file *real)
{
    char part[4096];
    sqlite3_int64 size = 0;
    must(real->pMethods->xFileSize(real, &size) == SQLITE_OK);
    for (sqlite3_int64 at = 0; at < size; at += (sqlite3_int64)sizeof part) {
        int len = size - at < (sqlite3_int64)sizeof part ? (int)(size - at) : (int)sizeof part;
        must(real->pMethods->xRead(real, part, len, at) == SQLITE_OK);
        disk_bytes_put(&d->now, (size_t)at, part, (size_t)len);
    }
    disk_bytes_copy(&d->synced, &d->now);
    d->named = true;
}

static inline void disk_opened(struct vfs_file *f, const char *path, int flags, bool was_there)
{
    const int new_journal = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
    if (!vfs_watches || !path || !(flags & (new_journal | SQLITE_OPEN_MAIN_DB)))
        return;
    f->disk = disk_find(path);
    if (!f->disk) {
        f->disk = disk_add(path);
        if (was_there)
            disk_load(f->disk, f->real);
    }
    f->disk->handles++;
    f->syncs_folder = (flags & SQLITE_OPEN_CREATE) && (flags & new_journal);
}

static inline int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                           int *out_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2, /* no memory maps */
        .xClose = vfs_close,
        .xRead = vfs_read,
        .xWrite = vfs_write,
        .xTruncate = vfs_truncate,
        .xSync = vfs_sync,
        .xFileSize = vfs_size,
        .xLock = vfs_take_lock,
        .xUnlock = vfs_unlock,
        .xCheckReservedLock = vfs_is_reserved,
        .xFileControl = vfs_control,
        .xSectorSize = vfs_sector,
        .xDeviceCharacteristics = vfs_device,
        .xShmMap = vfs_shm_map,
        .xShmLock = vfs_shm_lock,
        .xShmBarrier = vfs_shm_barrier,
        .xShmUnmap = vfs_shm_unmap,
    };
    (void)vfs;
    struct vfs_file *f = (struct vfs_file *)file;
    *f = (struct vfs_file){.real = (sqlite3_file *)(f + 1)};
    int code = vfs_verdict(VFS_OPEN);
    if (code != SQLITE_OK)
        return code;
    (void)pthread_mutex_lock(&vfs_lock);
    int was_there = 0;
    if (path)
        (void)vfs_real->xAccess(vfs_real, path, SQLITE_ACCESS_EXISTS, &was_there);
    code = vfs_real->xOpen(vfs_real, path, f->real, flags, out_flags);
    if (code == SQLITE_OK) {
        f->base.pMethods = &methods;
        disk_opened(f, path, flags, was_there);
    }
    (void)pthread_mutex_unlock(&vfs_lock);
    return code;
}

static inline int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    int code = vfs_verdict(VFS_DELETE);
    if (code != SQLITE_OK)
        return code;
    (void)pthread_mutex_lock(&vfs_lock);
    disk_moment();
    code = vfs_real->xDelete(vfs_real, path, sync_folder);
    struct disk_file *d = disk_find(path);
    if (code == SQLITE_OK && d)
        d->there = false;
    if (code == SQLITE_OK && vfs_watches && sync_folder)
        disk_folder_synced();
    (void)pthread_mutex_unlock(&vfs_lock);
    return code;
}

/* Once, before the first connection. */
static inline void fault_vfs_install(void)
{
    static sqlite3_vfs shim;
    if (vfs_real)
        return;
    vfs_real = sqlite3_vfs_find(NULL);
    must(vfs_real);
    shim = *vfs_real; /* with its pAppData, for what is not replaced */
    shim.zName = "fault";
    shim.szOsFile = (int)sizeof(struct vfs_file) + vfs_real->szOsFile;
    shim.xOpen = vfs_open;
    shim.xDelete = vfs_delete;
    must(sqlite3_vfs_register(&shim, 1) == SQLITE_OK);
}

#endif
