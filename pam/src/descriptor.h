/*
 * File descriptors that stay out of the host's way.
 */
#ifndef SEMBLANCE_DESCRIPTOR_H
#define SEMBLANCE_DESCRIPTOR_H

/*
 * Moves a descriptor above 2, closing the old one: a host that runs with a standard stream closed would otherwise write
 * its messages into it. Returns it, or -1 and errno.
 */
int descriptor_above_standard_streams(int descriptor);

#endif
