/** The user and group of the name server, below those of the machines: the only one besides root that may send from the engine's namespace. */
export const nameServerId = 1_899_999_999;
