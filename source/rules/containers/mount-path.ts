/** A path without the slashes that mean nothing: doubled ones and those at the end. */
export const mountPath = (text: string): string => `/${text.split('/').filter(part => part !== '').join('/')}`;
