/** User and group id of the name server, below those of the machines. Besides root, only this user may send from the engine's namespace. */
export const nameServerId = 1_899_999_999;
