// The names of functions that a program of C has already: those of C99's library, and those of POSIX and
// GNU that gcc and clang know as built in. A function of a graph that is called like one gets another name.

extension CNames {
  /// C99, 7.4 to 7.25, and the built-in functions of gcc 12.
  static let libraryFunctions: Set<String> = {
    let mathematics = """
      acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 exp10 expm1 \
      fabs fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 \
      log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow pow10 remainder remquo \
      rint round roundeven scalb scalbln scalbn significand sin sincos sinh sqrt tan tanh tgamma trunc \
      drem finite isinf isnan cabs cacos cacosh carg casin casinh catan catanh ccos ccosh cexp cimag \
      clog clog10 conj cpow cproj creal csin csinh csqrt ctan ctanh
      """
    let others = """
      abort alloca aligned_alloc atexit atof atoi atol atoll bsearch calloc getenv imaxabs imaxdiv \
      labs ldiv llabs lldiv mblen mbstowcs mbtowc qsort rand realloc srand strtod strtof strtol strtold \
      strtoll strtoul strtoull system wcstombs wctomb posix_memalign bcmp bcopy bzero ffs ffsl ffsll \
      index rindex memccpy memchr memcmp mempcpy stpcpy stpncpy strcasecmp strcat strchr strcmp strcoll \
      strcpy strcspn strdup strerror strlen strncasecmp strncat strncmp strncpy strndup strnlen strpbrk \
      strrchr strspn strstr strtok strxfrm clearerr fclose feof ferror fflush fgetc fgetpos fgets fopen \
      fprintf fprintf_unlocked fputc fputs fputs_unlocked fread freopen fscanf fseek fsetpos ftell \
      fwrite getc getchar gets perror printf printf_unlocked putc putchar putchar_unlocked puts \
      puts_unlocked remove rename rewind scanf setbuf setvbuf snprintf sprintf sscanf tmpfile tmpnam \
      ungetc vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf isalnum isalpha isascii isblank \
      iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit toascii tolower toupper \
      iswalnum iswalpha iswblank iswcntrl iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper \
      iswxdigit towlower towupper asctime clock ctime difftime gmtime localtime mktime strftime time \
      longjmp setjmp raise signal localeconv setlocale execl execle execlp execv execve execvp fork \
      gettext dgettext dcgettext strfmon read write open close link unlink wait sleep pipe select
      """
    var names = Set(others.split(separator: " ").map(String.init))
    for name in mathematics.split(separator: " ") {
      names.formUnion([String(name), name + "f", name + "l"])
    }
    return names
  }()
}
