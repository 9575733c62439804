import {Buffer} from 'node:buffer';
import {access, constants, open} from 'node:fs/promises';
import path from 'node:path';
import {programDirectories} from '../environment.js';
import {architectureOf, type Program} from './distributions.js';

/** Virtiofsd is not on PATH. Its paths in Debian 12, in newer Debian and Fedora, and in Arch. */
const elsewhere: Partial<Record<Program, readonly string[]>> = {
	virtiofsd: ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd', '/usr/lib/virtiofsd'],
};

/** The first of these files that is executable. */
export const firstExecutable = async (candidates: readonly string[]): Promise<string | undefined> => {
	for (const candidate of candidates) {
		try {
			await access(candidate, constants.X_OK);
			return candidate;
		} catch {}
	}

	return undefined;
};

/** The path of a program of the host; undefined if it is not installed. */
export const findCommand = async (name: string): Promise<string | undefined> =>
	firstExecutable(programDirectories.map(directory => path.join(directory, name)));

/** The path of one of the programs that the engine uses. */
export const findProgram = async (program: Program): Promise<string | undefined> => {
	const name = program === 'qemu-system' ? `qemu-system-${architectureOf()?.qemu ?? 'unknown'}` : program;
	return await firstExecutable(elsewhere[program] ?? []) ?? findCommand(name);
};

/** PT_INTERP of the ELF specification: the program header that names the dynamic linker. */
const interpreterHeader = 3;

/** Whether an executable is statically linked, as required in a guest. Supports 64-bit little-endian ELF, which both architectures use. */
export const isStatic = async (file: string): Promise<boolean> => {
	await using handle = await open(file);
	const header = Buffer.alloc(4096);
	const {bytesRead} = await handle.read(header, 0, header.length, 0);
	if (bytesRead < 64 || header.toString('latin1', 0, 4) !== '\u{7F}ELF') {
		return false;
	}

	const start = Number(header.readBigUInt64LE(32));
	const size = header.readUInt16LE(54);
	const count = header.readUInt16LE(56);
	return Array.from({length: count}, (_, index) => start + (index * size))
		.filter(offset => offset + 4 <= bytesRead)
		.every(offset => header.readUInt32LE(offset) !== interpreterHeader);
};
