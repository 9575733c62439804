import {randomUUID} from 'node:crypto';
import {readFile, rename, writeFile} from 'node:fs/promises';
import type {BootPhase} from '../../engine/resources.js';
import type {LogLimits} from '../../rules/containers/logging.js';
import {orMissing} from '../store/missing.js';
import type {ProcessIdentity} from './process.js';
import {machineFiles} from './qemu.js';

/** What a later engine needs to adopt a machine. */
export type MachineRecord = {
	readonly qemu: ProcessIdentity;
	readonly shares?: ProcessIdentity;
	/** For a template in progress: the process that makes it. */
	readonly maker?: ProcessIdentity;
	/** The machine's log file, which a worker rotates. Absent for machines of earlier versions, whose log the engine rotates. */
	readonly log?: string;
	/** How much of it is kept; default as for every log. */
	readonly logLimits?: LogLimits;
	/** Endpoint ids by their port. */
	readonly ports: Readonly<Record<string, string>>;
	/** Paths of the host's sockets that the guest's are connected to. */
	readonly sockets?: readonly string[];
	/** Whether the engine can connect to a socket in the container. */
	readonly hasService?: boolean;
	readonly phases: readonly BootPhase[];
	/** When the machine was started, in milliseconds since 1970. */
	readonly startedAt: number;
};

export const writeRecord = async (directory: string, record: Partial<MachineRecord>): Promise<void> => {
	const {record: file} = machineFiles(directory);
	const scratch = `${file}.${randomUUID()}`;
	await writeFile(scratch, JSON.stringify(record), {mode: 0o600});
	await rename(scratch, file);
};

/** Returns a function that adds a part to the record and writes it, while a machine starts. */
export const createRecord = (directory: string) => {
	let known: Partial<MachineRecord> = {};
	let writing = Promise.resolve();
	return async (part: Partial<MachineRecord>): Promise<void> => {
		known = {...known, ...part};
		const write = async () => writeRecord(directory, known);
		writing = writing.then(write, write);
		return writing;
	};
};

/** The record of the machine in a directory. It may have only the process if the engine ended during the start. */
export const readRecord = async (directory: string): Promise<Partial<MachineRecord> | undefined> => {
	const text = await orMissing(readFile(machineFiles(directory).record, 'utf8'));
	try {
		return text === undefined ? undefined : JSON.parse(text) as Partial<MachineRecord>;
	} catch {
		// The host lost power during the write.
		return undefined;
	}
};

export const isWhole = (record: Partial<MachineRecord> | undefined): record is MachineRecord => record?.startedAt !== undefined;
