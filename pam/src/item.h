/*
 * PAM's items that are strings.
 */
#ifndef SEMBLANCE_ITEM_H
#define SEMBLANCE_ITEM_H

#include <security/pam_modules.h>

/* NULL if it is not set, or there is no handle. */
const char *item_string(const pam_handle_t *pamh, int type);

#endif
