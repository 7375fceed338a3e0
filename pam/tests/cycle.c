/*
 * Loads and unloads the module many times: cycle MODULE COUNT. Prints what it left behind, or "clean".
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "state.h"

int main(int argc, char **argv) {
    static const char *const entries[] = {"pam_sm_authenticate", "pam_sm_setcred", "pam_sm_acct_mgmt"};
    static struct state before;
    static struct state after;
    const char *difference;

    if (argc != 3) {
        return 2;
    }
    /* The first round may leave behind what the loader keeps of the libraries that the module needs. */
    for (int i = 0, count = atoi(argv[2]); i <= count; i++) {
        void *module = dlopen(argv[1], RTLD_NOW);

        if (module == NULL) {
            puts(dlerror());
            return 1;
        }
        for (size_t j = 0; j < sizeof entries / sizeof *entries; j++) {
            if (dlsym(module, entries[j]) == NULL) {
                puts(entries[j]);
                return 1;
            }
        }
        if (dlclose(module) != 0 || dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != NULL) {
            puts("not unloaded");
            return 1;
        }
        if (i == 0) {
            state_read(&before);
        }
    }
    state_read(&after);
    difference = state_difference(&before, &after);
    puts(difference == NULL ? "clean" : difference);
    return difference != NULL;
}
