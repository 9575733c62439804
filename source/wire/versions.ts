import {apiVersion, minimumApiVersion} from '../engine/api-version.js';
import {HolmError} from '../engine/errors.js';

const minorOf = (version: string): number => Number(version.split('.')[1]);

/** Minor number of the newest version: 51 for 1.51. */
export const newestMinorVersion = minorOf(apiVersion);
const oldest = minorOf(minimumApiVersion);

/** Splits `/v1.44/containers` into the minor version 44 and the path behind it. Without a version, the newest applies; throws `invalid` for one that is not served. */
export const splitVersion = (path: string): {readonly minorVersion: number; readonly path: string} => {
	const match = /^\/v(?<major>\d{1,4})\.(?<minor>\d{1,4})(?=\/)/v.exec(path);
	if (!match?.groups) {
		return {minorVersion: newestMinorVersion, path};
	}

	const version = `${match.groups.major}.${match.groups.minor}`;
	const minorVersion = Number(match.groups.minor) + (Number(match.groups.major) - 1) * 10_000;
	// Docker's clients look for these words.
	if (minorVersion > newestMinorVersion) {
		throw new HolmError('invalid', `client version ${version} is too new. Maximum supported API version is ${apiVersion}`, {remedy: `set DOCKER_API_VERSION=${apiVersion}`});
	}

	if (minorVersion < oldest) {
		throw new HolmError('invalid', `client version ${version} is too old. Minimum supported API version is ${minimumApiVersion}, please upgrade your client to a newer version`);
	}

	return {minorVersion, path: path.slice(match[0].length)};
};
