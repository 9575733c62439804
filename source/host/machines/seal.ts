import {readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type MachineShape} from './qemu.js';

/** Names of the files of a template. */
export const templateFiles = (template: string) => ({
	ram: path.join(template, 'ram'),
	state: path.join(template, 'state'),
	kernelStart: path.join(template, 'kernel'),
	/** What its console showed. */
	boot: path.join(template, 'boot'),
	/** Written last: without it nothing beside it counts. */
	seal: path.join(template, 'seal.json'),
});

/** By which a template is known to be as it was saved. */
type Seal = {
	readonly size: number;
	/** Time of the last change of the memory's file, which only the kernel sets. */
	readonly changedNs: string;
	/** What the template booted; when that is gone, the template is of no use. */
	readonly initramfs: string;
};

const sealOf = async (template: string, {initramfs}: MachineShape): Promise<Seal> => {
	const {size, ctimeNs} = await stat(templateFiles(template).ram, {bigint: true});
	return {size: Number(size), changedNs: String(ctimeNs), initramfs};
};

/** Throws when there is none. */
export const readSeal = async (template: string): Promise<Seal> => JSON.parse(await readFile(templateFiles(template).seal, 'utf8')) as Seal;

export const writeSeal = async (template: string, shape: MachineShape): Promise<void> => {
	await writeFile(templateFiles(template).seal, JSON.stringify(await sealOf(template, shape)), {mode: 0o600});
};

/** Whether a template's memory is as it was when it was sealed. Throws when there is no template. */
export const isIntact = async (template: string, shape: MachineShape): Promise<boolean> => {
	const [sealed, found] = await Promise.all([readSeal(template), sealOf(template, shape)]);
	return sealed.size === found.size && sealed.changedNs === found.changedNs;
};
