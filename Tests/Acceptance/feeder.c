/* Writes a raw frame again and again, the lowest bit of each luma anew each time: a camera gives no two frames alike.
 * feeder FILE STEP: STEP is 2 for YUYV, whose every second byte is colour, and 1 for GREY. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    if (count != 3) return 64;
    FILE *file = fopen(arguments[1], "rb");
    size_t step = (size_t)atoi(arguments[2]);
    static uint8_t frame[2 << 20];
    size_t length = file ? fread(frame, 1, sizeof frame, file) : 0;
    uint64_t state = 88172645463325252u;
    while (length && step) {
        for (size_t i = 0; i < length; i += step) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            frame[i] = (uint8_t)((frame[i] & 0xfe) | (state & 1));
        }
        if (fwrite(frame, 1, length, stdout) != length) return 0;
    }
    return 66;
}
