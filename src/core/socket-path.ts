/** Of `sun_path`, without the byte that ends it: a longer path of a unix socket is no path for the kernel. */
export const MAX_SOCKET_PATH_BYTES = 107;
