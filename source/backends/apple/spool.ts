import {createReadStream, createWriteStream} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {HolmError} from '../../engine/errors.js';
import {failureOf} from './failures.js';
import type {Program} from './program.js';

/** A directory of this host for files that are too large for memory. */
export type Spool = AsyncDisposable & {readonly path: (name: string) => string};

export const createSpool = async (): Promise<Spool> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-apple-'));
	return {
		path: name => path.join(directory, name),
		async [Symbol.asyncDispose]() {
			await rm(directory, {recursive: true, force: true});
		},
	};
};

/** The standard output of Apple's program as it comes. It fails with the program's error. */
export const outputOf = async (program: Program, argv: readonly string[]): Promise<Readable> => {
	const execution = await program.transport.execute([program.path, ...argv]);
	execution.stdin.end();
	let stderr = '';
	execution.stderr.on('data', chunk => {
		stderr = (stderr + String(chunk)).slice(-64 * 1024);
	});
	const {Readable: Stream} = process.getBuiltinModule('node:stream');
	async function * read() {
		try {
			yield * execution.stdout as AsyncIterable<Uint8Array>;
			const {exitCode = 255} = await execution.ended;
			if (exitCode !== 0) {
				throw failureOf({argv, exitCode, stderr, where: program.transport.name});
			}
		} finally {
			execution.signal('SIGKILL');
		}
	}

	return Stream.from(read(), {objectMode: false});
};

/** Writes the standard output of Apple's program to a file of this host. */
export const spoolOutput = async (program: Program, argv: readonly string[], file: string): Promise<void> => {
	await pipeline(await outputOf(program, argv), createWriteStream(file));
};

/** Gives Apple's program a file: it is copied to its host, and removed there afterwards. */
export const withFileThere = async (program: Program, content: Readable | string, run: (path: string) => Promise<void>): Promise<void> => {
	const {stdout} = await program.shell('umask 077; [ -n "$TMPDIR" ] || TMPDIR=/tmp; mktemp -d "$TMPDIR/holm.XXXXXX"', []);
	const directory = stdout.toString().trim();
	if (!/^\/\S*holm\.\w+$/v.test(directory)) {
		throw new HolmError('unavailable', `cannot make a temporary directory on ${program.transport.name}`, {remedy: 'make room there'});
	}

	try {
		const {exitCode} = await program.shell('cat >"$1/file"', [directory], {
			input: typeof content === 'string' ? createReadStream(content) : content, limitMs: Infinity,
		});
		if (exitCode !== 0) {
			throw new HolmError('unavailable', `cannot write to ${directory} on ${program.transport.name}`, {remedy: 'make room there'});
		}

		await run(`${directory}/file`);
	} finally {
		await program.shell('rm -rf "$1"', [directory]).catch(() => undefined);
	}
};
