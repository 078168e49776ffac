const KB = 1 << 10;
export const MAX_TITLE = 2 * 64;
export const MAX_BODY = 4 * KB;
