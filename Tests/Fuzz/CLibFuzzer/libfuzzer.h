#include <stddef.h>
#include <stdint.h>

// libFuzzer as a library (compiler-rt's FuzzerInterface.h); scripts/fuzz.sh links it.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
