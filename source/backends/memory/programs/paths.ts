/** A path as an absolute one, seen from a directory. */
export const pathIn = (directory: string, path: string): string => path.startsWith('/') ? path : `${directory}/${path}`;
