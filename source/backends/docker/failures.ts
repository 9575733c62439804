import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import {describeAddress, type EngineAddress} from '../../wire/addresses.js';

const absent = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);

/** The error of a request that its caller cancelled. */
export const cancelled = (cause: unknown): HolmError => new HolmError('unavailable', 'the request was cancelled', {cause});

/** The other side accepts the connection, and does not answer. */
export class SilentEngine extends Error {
	constructor(milliseconds: number) {
		super(`it did not answer within ${milliseconds / 1000} seconds`);
	}
}

/** Whether an address is a socket of Holm's engine, by its file name. */
const isHolms = (address: EngineAddress): boolean => address.kind === 'unix' && path.basename(address.path) === 'holm.sock';

const remedyOf = (error: unknown, address: EngineAddress): string => {
	const isPlain = address.kind === 'tcp' && !address.tls;
	return error instanceof SilentEngine && isPlain
		? 'check whether an engine listens there; for TLS, set HOLM_CERT_PATH to a directory with certificates'
		: 'check the address, and whether the engine runs';
};

/** Explains the failure of a connection. */
export const connectionError = (error: unknown, address: EngineAddress): HolmError => {
	if (error instanceof HolmError) {
		return error;
	}

	const where = describeAddress(address);
	const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
	if (code === 'EACCES' || code === 'EPERM') {
		return new HolmError('forbidden', `permission denied while connecting to the engine at ${where}`, {remedy: 'run it as root, or join the group that the socket belongs to', cause: error});
	}

	if (address.kind === 'unix' && absent.has(code)) {
		return new HolmError('unavailable', `no engine answers at ${where}`, {remedy: isHolms(address) ? 'holm system start' : 'check the address, and start the engine that listens there', cause: error});
	}

	if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
		return new HolmError('unavailable', `the engine at ${where} closed the connection`, {remedy: address.kind === 'tcp' && !address.tls ? 'check whether it still runs; for TLS, set HOLM_CERT_PATH to a directory with certificates' : `check whether it still runs${isHolms(address) ? ': holm system status' : ''}`, cause: error});
	}

	if (code.startsWith('HPE_')) {
		return new HolmError('unavailable', `the server at ${where} is not a container engine`, {remedy: 'check the address', cause: error});
	}

	const reason = error instanceof Error && error.message ? error.message : code;
	return new HolmError('unavailable', `cannot reach the engine at ${where}: ${reason}`, {remedy: remedyOf(error, address), cause: error});
};
