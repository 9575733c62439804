/** The newest and the oldest version of Docker's API that Holm serves. The verbs of `Engine` follow its semantics. */
export const apiVersion = '1.51';
export const minimumApiVersion = '1.40';
