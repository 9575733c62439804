import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {TlsOptions} from '../../wire/addresses.js';

const readIfThere = async (file: string): Promise<string | undefined> => {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}

		throw new HolmError('invalid', `cannot read ${file}: ${messageOf(error)}`, {remedy: 'make it a file in PEM that this user may read', cause: error});
	}
};

/**
Reads ca.pem, cert.pem and key.pem in a directory, Docker's names. Undefined if none of them exists.

Throws `invalid` for a certificate without its key, a key without its certificate, and for what is not PEM.
*/
export const readCertificates = async (directory: string): Promise<TlsOptions | undefined> => {
	const [ca, cert, key] = await Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map(async name => readIfThere(path.join(directory, name))));
	if (ca === undefined && cert === undefined && key === undefined) {
		return undefined;
	}

	if ((cert === undefined) !== (key === undefined)) {
		throw new HolmError('invalid', `${path.join(directory, cert === undefined ? 'cert.pem' : 'key.pem')} is missing`, {remedy: 'a certificate and its key go together'});
	}

	const tls: TlsOptions = {...ca !== undefined && {ca}, ...cert !== undefined && {cert}, ...key !== undefined && {key}};
	const {createSecureContext} = await import('node:tls');
	try {
		createSecureContext(tls);
	} catch (error) {
		throw new HolmError('invalid', `the certificates in ${directory} cannot be used: ${messageOf(error)}`, {
			remedy: 'ca.pem, cert.pem and key.pem are in PEM, and the key is the certificate\'s and not encrypted',
			cause: error,
		});
	}

	return tls;
};

/** The same for a directory named by the user, which must have ca.pem. */
export const requireCertificates = async (directory: string): Promise<TlsOptions> => {
	const tls = await readCertificates(directory);
	if (tls?.ca === undefined) {
		throw new HolmError('invalid', `${path.join(directory, 'ca.pem')} is missing`, {remedy: 'HOLM_CERT_PATH and DOCKER_CERT_PATH name a directory with ca.pem, cert.pem and key.pem'});
	}

	return tls;
};
