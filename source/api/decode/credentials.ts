import {Buffer} from 'node:buffer';
import type {RegistryCredentials} from '../../engine.js';
import {HolmError} from '../../errors.js';
import {fieldsOf, type Fields} from '../fields.js';
import {parseJson} from '../json.js';

const hubNames = new Set(['', 'docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** Host and port; undefined for Docker Hub. */
const serverOf = (address: string): string | undefined => {
	const host = address.replace(/^https?:\/\//v, '').split('/', 1)[0] ?? '';
	return hubNames.has(host) ? undefined : host;
};

/** Credentials as Docker's clients send them; undefined where there are none. */
export const decodeCredentials = (fields: Fields): RegistryCredentials | undefined => {
	const server = serverOf(fields.text('serveraddress'));
	if (fields.text('identitytoken') || fields.text('registrytoken')) {
		throw new HolmError('unsupported', 'tokens of registries are not supported', {remedy: 'log in with a user name and a password'});
	}

	const [first = '', ...rest] = Buffer.from(fields.text('auth'), 'base64').toString().split(':');
	const username = fields.text('username') || first;
	const password = fields.text('username') ? fields.text('password') : rest.join(':');
	return username ? {username, password, ...server ? {server} : {}} : undefined;
};

const decodeHeader = (header: string | string[] | undefined, name: string): Fields => {
	const text = Buffer.from(typeof header === 'string' ? header : '', 'base64url').toString();
	return fieldsOf(text === '' ? {} : parseJson(text, name), name);
};

/** The header `X-Registry-Auth` of a pull or push. */
export const decodeRegistryAuth = (header: string | string[] | undefined): RegistryCredentials | undefined =>
	decodeCredentials(decodeHeader(header, 'X-Registry-Auth'));

/** The header `X-Registry-Config` of a build, by registry; a build takes one, and the registry of its own name is the likeliest, then Docker Hub. */
export const decodeRegistryConfig = (header: string | string[] | undefined, tag: string | undefined): RegistryCredentials | undefined => {
	const fields = decodeHeader(header, 'X-Registry-Config');
	const all = Object.keys(fields.raw).flatMap(address => {
		const entry = fields.object(address);
		return decodeCredentials(fieldsOf({...entry.raw, serveraddress: entry.text('serveraddress') || address})) ?? [];
	});
	const registry = serverOf(tag?.includes('/') ? tag : '');
	return all.find(({server}) => server === registry) ?? all.find(({server}) => server === undefined) ?? all[0];
};
