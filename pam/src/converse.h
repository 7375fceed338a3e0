/*
 * The conversation with the user.
 *
 * Not pam_info(3) and pam_prompt(3): they touch the response even where the application's function has failed, and this
 * module must survive an application that leaves rubbish there.
 */
#ifndef SEMBLANCE_CONVERSE_H
#define SEMBLANCE_CONVERSE_H

#include <security/pam_modules.h>

#include "outcome.h"

/* Shows `text` as PAM_TEXT_INFO or PAM_ERROR_MSG. */
enum outcome converse_tell(pam_handle_t *pamh, int style, const char *text);

/* Asks without echo. The answer is to be given to converse_forget. */
enum outcome converse_ask(pam_handle_t *pamh, const char *prompt, char **answer);

/* Wipes and frees an answer; NULL is fine. */
void converse_forget(char *answer);

#endif
