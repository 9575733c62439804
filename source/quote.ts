/** One word of a shell command, whatever it holds. */
export const quote = (word: string): string => `'${word.replaceAll('\'', String.raw`'\''`)}'`;
