/* The text of runtime/portable/, for C that is shipped without the runtime: the same bytes that
 * the runtime itself was compiled from, so the two cannot differ. */
#ifndef JG_PORTABLE_H
#define JG_PORTABLE_H

/* The text of a header by its file name ("jg_int.h"), NULL if there is none. A header is a leading
 * comment, a guard and pieces separated by empty lines; a piece is one definition that begins in
 * column 0 and may use the jg_ names of earlier pieces. Owned by the runtime. */
const char *jg_portable_text(const char *file_name);

#endif
