/** The addresses that a published port listens on: without one of its own, all of IPv4 and all of IPv6. */
export const listenedOn = (hostAddress: string): readonly string[] => hostAddress === '' ? ['0.0.0.0', '::'] : [hostAddress];
