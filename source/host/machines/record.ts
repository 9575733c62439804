import {randomUUID} from 'node:crypto';
import {readFile, rename, writeFile} from 'node:fs/promises';
import {type BootPhase} from '../../engine/resources.js';
import {orMissing} from '../store/missing.js';
import {type ProcessIdentity} from './process.js';
import {machineFiles} from './qemu.js';

/** What a later engine needs to take a machine over. */
export type MachineRecord = {
	readonly qemu: ProcessIdentity;
	readonly shares?: ProcessIdentity;
	/** Of a template that is being made: the process that makes it. */
	readonly maker?: ProcessIdentity;
	/** File that its log goes to, which a worker rotates. Machines of versions before had none here, and the engine does it. */
	readonly log?: string;
	/** Endpoint ids by their port. */
	readonly ports: Readonly<Record<string, string>>;
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

/** Writes down what becomes known of a machine while it starts, each thing with those before it. */
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

/** The record of the machine in a directory; without more than its process when the engine ended while it started it. */
export const readRecord = async (directory: string): Promise<Partial<MachineRecord> | undefined> => {
	const text = await orMissing(readFile(machineFiles(directory).record, 'utf8'));
	try {
		return text === undefined ? undefined : JSON.parse(text) as Partial<MachineRecord>;
	} catch {
		// The host lost power before it was written.
		return undefined;
	}
};

export const isWhole = (record: Partial<MachineRecord> | undefined): record is MachineRecord => record?.startedAt !== undefined;
