#ifndef SEMBLANCE_CGDKPIXBUF_SHIM_H
#define SEMBLANCE_CGDKPIXBUF_SHIM_H

#include <gdk-pixbuf/gdk-pixbuf.h>

#endif
