/** The value of an environment variable; an empty one counts as unset. */
export const nonEmpty = (value: string | undefined): string | undefined => value === '' ? undefined : value;
