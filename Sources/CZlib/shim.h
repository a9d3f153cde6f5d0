/* zlib: DEFLATE for the members of .npz files (Debian: zlib1g-dev, zlib licence). */
#include <zlib.h>
