#include "item.h"

#include <stddef.h>

const char *item_string(const pam_handle_t *pamh, int type) {
    const void *item = NULL;

    return pamh != NULL && pam_get_item(pamh, type, &item) == PAM_SUCCESS ? item : NULL;
}
