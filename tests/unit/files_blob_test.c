/* Guards: what names a file on disk is made by chance, is nothing else when it comes from outside, and leads below one folder. */
#include "files/blob.h"

#include "unit.h"

#include <string.h>

#define NAME "ab23456789abcdef0123456789abcdef"

static void names_are_made_by_chance(void)
{
    char one[BLOB_NAME_SIZE], other[BLOB_NAME_SIZE];
    blob_name(&env_real, one);
    blob_name(&env_real, other);
    CU_ASSERT_TRUE(blob_is_name(one));
    CU_ASSERT_TRUE(blob_is_name(other));
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
}

static void nothing_else_is_a_name(void)
{
    static const char *const wrong[] = {
        "",
        "..",
        "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef0",
        "0123456789ABCDEF0123456789abcdef",
        "0123456789abcdef0123456789abcdeg",
        "../3456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcde\n",
    };
    CU_ASSERT_TRUE(blob_is_name("0123456789abcdef0123456789abcdef"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(blob_is_name(wrong[i]));
}

static void entries_of_a_folder_are_ours_or_not(void)
{
    static const struct {
        const char *entry;
        bool ours, part;
    } rows[] = {
        {NAME, true, false},           {NAME ".part", true, true}, {NAME ".par", false, false},
        {NAME ".parts", false, false}, {NAME "0", false, false},   {"ab.part", false, false},
        {".part", false, false},       {"", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[BLOB_NAME_SIZE];
        bool part;
        CHECK_INT(blob_of_entry(rows[i].entry, name, &part), rows[i].ours);
        CHECK_INT(part && rows[i].ours, rows[i].part);
        CHECK_INT(strncmp(name, rows[i].entry, sizeof name - 1), 0);
    }
}

static void paths_lead_below_the_folder(void)
{
    static const char name[] = NAME;
    static char folder[BLOB_PATH_SIZE];
    char path[BLOB_PATH_SIZE];
    CHECK_INT(blob_path("data/files", name, false, path), ERR_OK);
    CHECK_TEXT(path, "data/files/ab/ab23456789abcdef0123456789abcdef");
    CHECK_INT(blob_path("data/files", name, true, path), ERR_OK);
    CHECK_TEXT(path, "data/files/ab/ab23456789abcdef0123456789abcdef.part");
    memset(folder, 'x', sizeof folder - 37); /* "/ab/", the name, the end */
    CHECK_INT(blob_path(folder, name, false, path), ERR_OK);
    CHECK_INT(blob_path(folder, name, true, path), ERR_LIMIT);
}

UNIT("files/blob", CASE(names_are_made_by_chance), CASE(nothing_else_is_a_name),
     CASE(entries_of_a_folder_are_ours_or_not), CASE(paths_lead_below_the_folder))
