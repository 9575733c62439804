import {Buffer} from 'node:buffer';
import type {RegistryCredentials} from '../../engine/transfer.js';
import {HolmError} from '../../engine/errors.js';
import {fieldsOf, type Fields} from '../fields.js';
import {parseJson} from '../json.js';

const hubNames = new Set(['', 'docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** Host and port; undefined for Docker Hub. */
const serverOf = (address: string): string | undefined => {
	const host = address.replace(/^https?:\/\//v, '').split('/', 1)[0] ?? '';
	return hubNames.has(host) ? undefined : host;
};

const hasToken = (fields: Fields): boolean => Boolean(fields.text('identitytoken') || fields.text('registrytoken'));

/** Credentials as Docker's clients send them; undefined if there are none. */
export const decodeCredentials = (fields: Fields): RegistryCredentials | undefined => {
	const server = serverOf(fields.text('serveraddress'));
	if (hasToken(fields)) {
		throw new HolmError('unsupported', 'tokens of registries are not supported', {remedy: 'log in with a user name and a password'});
	}

	const [first = '', ...rest] = Buffer.from(fields.text('auth'), 'base64').toString().split(':');
	const username = fields.text('username') || first;
	const password = fields.text('username') ? fields.text('password') : rest.join(':');
	return username ? {username, password, ...server && {server}} : undefined;
};

const decodeHeader = (header: string | string[] | undefined, name: string): Fields => {
	const text = Buffer.from(typeof header === 'string' ? header : '', 'base64url').toString();
	return fieldsOf(text === '' ? {} : parseJson(text, name), name);
};

/** The header `X-Registry-Auth` of a pull or push. */
export const decodeRegistryAuth = (header: string | string[] | undefined): RegistryCredentials | undefined =>
	decodeCredentials(decodeHeader(header, 'X-Registry-Auth'));

/** The header `X-Registry-Config` of a build: all logins of the client, without the unusable ones. */
export const decodeRegistryConfig = (header: string | string[] | undefined): readonly RegistryCredentials[] => {
	const fields = decodeHeader(header, 'X-Registry-Config');
	return Object.keys(fields.raw).flatMap(address => {
		const entry = fields.object(address);
		return hasToken(entry) ? [] : decodeCredentials(fieldsOf({...entry.raw, serveraddress: entry.text('serveraddress') || address})) ?? [];
	});
};
