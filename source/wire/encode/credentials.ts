import {Buffer} from 'node:buffer';
import type {RegistryCredentials} from '../../engine/transfer.js';

/** Docker Hub's name in Docker's clients. */
export const hubServer = 'https://index.docker.io/v1/';

/** The body of `POST /auth`. */
export const encodeCredentials = ({username, password, server}: RegistryCredentials) => ({
	username,
	password,
	serveraddress: server ?? hubServer,
});

const encodeHeader = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');

/** The header `X-Registry-Auth` of a pull or push; also without credentials, as a push must have the header. */
export const encodeRegistryAuth = (credentials: RegistryCredentials | undefined): string =>
	encodeHeader(credentials ? encodeCredentials(credentials) : {});

/** The header `X-Registry-Config` of a build. */
export const encodeRegistryConfig = (credentials: readonly RegistryCredentials[]): string =>
	encodeHeader(Object.fromEntries(credentials.map(each => encodeCredentials(each)).map(encoded => [encoded.serveraddress, encoded])));
