/** The shells with a completion script. */
export const shells: readonly string[] = ['bash', 'zsh', 'fish'];
