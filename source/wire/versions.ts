import {HolmError} from '../engine/errors.js';

/** The versions of Docker's API that are served, by their minor numbers. */
const newest = 47;
const oldest = 40;

export const apiVersion = `1.${newest}`;
export const minimumApiVersion = `1.${oldest}`;

/** The minor number that a path asks for, and the path without it; a path that asks for none gets the newest. */
export const splitVersion = (path: string): {readonly minorVersion: number; readonly path: string} => {
	const match = /^\/v(?<major>\d{1,4})\.(?<minor>\d{1,4})(?=\/)/v.exec(path);
	if (!match?.groups) {
		return {minorVersion: newest, path};
	}

	const version = `${match.groups.major}.${match.groups.minor}`;
	const minorVersion = Number(match.groups.minor) + (Number(match.groups.major) - 1) * 10_000;
	// Docker's clients look for these words.
	if (minorVersion > newest) {
		throw new HolmError('invalid', `client version ${version} is too new. Maximum supported API version is ${apiVersion}`, {remedy: `set DOCKER_API_VERSION=${apiVersion}`});
	}

	if (minorVersion < oldest) {
		throw new HolmError('invalid', `client version ${version} is too old. Minimum supported API version is ${minimumApiVersion}, please upgrade your client to a newer version`);
	}

	return {minorVersion, path: path.slice(match[0].length)};
};
