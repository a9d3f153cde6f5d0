/* libtcc: the C compiler that runs in this process (Debian: libtcc-dev, LGPL-2.1). */
#include <libtcc.h>
