// Error numbers of WASI, of which Emscripten's libc is made.
export const EBADF = 8;
export const EEXIST = 20;
export const EINVAL = 28;
export const EISDIR = 31;
export const EMFILE = 33;
export const ENAMETOOLONG = 37;
export const ENOENT = 44;
export const ENOSPC = 51;
export const ENOSYS = 52;
export const ENOTDIR = 54;
export const ENOTTY = 59;
export const ERANGE = 68;
export const EROFS = 69;
export const ESPIPE = 70;
