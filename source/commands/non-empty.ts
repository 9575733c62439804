/** The value of an environment variable; one that is set to nothing counts as not set. */
export const nonEmpty = (value: string | undefined): string | undefined => value === '' ? undefined : value;
