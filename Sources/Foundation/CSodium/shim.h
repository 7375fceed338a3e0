#ifndef SEMBLANCE_CSODIUM_SHIM_H
#define SEMBLANCE_CSODIUM_SHIM_H

#include <sodium.h>

#endif
