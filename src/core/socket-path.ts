/** Of `sun_path`, without the byte that ends it: the kernel refuses a longer path of a unix socket. */
export const MAX_SOCKET_PATH_BYTES = 107;
