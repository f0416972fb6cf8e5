/* replay: feeds the files of the folders in argv to a fuzz target, once each, and the empty input. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned ran;

static void replay(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *f = fopen(path, "rb");
    if (!f)
        abort();
    size_t size = fread(bytes, 1, sizeof bytes, f);
    (void)fclose(f);
    (void)printf("%s (%zu bytes)\n", path, size);
    (void)LLVMFuzzerTestOneInput(bytes, size);
    ran++;
}

int main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* after a crash the last line names the file */
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    ran++;
    for (int i = 1; i < argc; i++) {
        struct dirent **entries = NULL;
        int count = scandir(argv[i], &entries, NULL, alphasort); /* -1: no such folder */
        for (int k = 0; k < count; k++) {
            char path[PATH_MAX];
            if (entries[k]->d_name[0] != '.') {
                (void)snprintf(path, sizeof path, "%s/%s", argv[i], entries[k]->d_name);
                replay(path);
            }
            free(entries[k]);
        }
        free(entries);
    }
    (void)printf("unit: %u passed, 0 failed\n", ran);
    return 0;
}
