/* Guards: what names a file on disk is made by chance, is nothing else when it comes from outside, and leads below one folder. */
#include "files/blob.h"

#include "unit.h"

#include <string.h>

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

static void paths_lead_below_the_folder(void)
{
    static const char name[] = "ab23456789abcdef0123456789abcdef";
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
     CASE(paths_lead_below_the_folder))
