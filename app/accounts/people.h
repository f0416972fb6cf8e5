/* people: what other product rooms ask about a user inside their own reader's or writer's job. */
#ifndef SNUG_ACCOUNTS_PEOPLE_H
#define SNUG_ACCOUNTS_PEOPLE_H

#include "accounts/accounts.h"
#include "wire/json.h"

struct db;

struct person {
    int64_t id;
    char name[NAME_SIZE];
    char display[DISPLAY_SIZE];
    char role[8]; /* admin, member, agent */
    bool active;
    int64_t created_ms, seen_ms;
};

/* What somebody was called before, besides what they are called now: an erasure looks for all of it. */
#define FORMER_DISPLAYS_MAX 20

#define NOOK_ID 1 /* the built-in agent: a member of every room from its creation */

/* What everybody is called who was erased (user.erase); their name is "-" and their number, which nobody can choose. */
#define ERASED_DISPLAY "Erased person"
bool person_is_erased(const struct person *p);

/* errors: ERR_NOT_FOUND; those of query_end. Names without regard to ASCII case. */
MUST_USE enum err person_by_id(struct db *db, int64_t id, struct person *out);
MUST_USE enum err person_by_name(struct db *db, struct text name, struct person *out);
/* Who asks for something, in the job that does it. errors: ERR_UNAUTHORIZED they are not here any more */
MUST_USE enum err person_acting(struct db *db, int64_t id, struct person *out);
/* The same of an admin, or of the command line. errors: also ERR_DENIED they are no admin */
MUST_USE enum err admin_acting(struct db *db, const struct actor *actor);
/* "42" or a name. */
MUST_USE enum err person_find(struct db *db, struct text id_or_name, struct person *out);

/* Who said or did something. */
struct byline {
    int64_t id;
    struct text name, display, role; /* borrowed */
};

/* The author object of SHAPES.md: {id, name, display, role}; key NULL inside arrays. */
void byline_write(struct json_writer *w, const char *key, const struct byline *by);
void person_write(struct json_writer *w, const char *key, const struct person *p);

/* Borrowed from the person. */
struct byline person_byline(const struct person *p);
/* From four columns of a row: id, name, display, role, the first at `at`; borrowed as they are. */
struct query;
struct byline byline_columns(struct query *q, int at);
void person_write_columns(struct json_writer *w, const char *key, struct query *q, int at);

/* The user object of SHAPES.md: the author and active, created. */
void user_write(struct json_writer *w, const char *key, const struct person *p);
/* Its members, into an open object. */
void user_write_members(struct json_writer *w, const struct person *p);

/* From a row of id, name, display, role, active, created_ms, seen_ms. */
void person_read(struct query *q, struct person *out);

/* The person was here (last connection closed, or now), unless they were erased meanwhile. In a writer's job. */
MUST_USE enum err person_seen(struct db *db, int64_t id, int64_t now_ms);

#endif
