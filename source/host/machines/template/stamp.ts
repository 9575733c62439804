import {readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';

/** Names of the files of a template. */
export const templateFiles = (template: string) => ({
	ram: path.join(template, 'ram'),
	state: path.join(template, 'state'),
	kernelStart: path.join(template, 'kernel'),
	/** What its console showed. */
	boot: path.join(template, 'boot'),
	/** Written last: without it nothing beside it counts. */
	stamp: path.join(template, 'seal.json'),
});

/** What a template is good for: when one of these is gone or another one, the template is of no use. */
export type TemplateOrigin = {
	/** What it booted. */
	readonly initramfs: string;
	/** See `hostKeyOf`. */
	readonly hostKey: string;
};

/** By which a template is known to be as it was saved. */
export type Stamp = TemplateOrigin & {
	readonly size: number;
	/** Time of the last change of the memory's file, which only the kernel sets; no two templates have the same. */
	readonly changedNs: string;
};

const measure = async (template: string): Promise<Pick<Stamp, 'size' | 'changedNs'>> => {
	const {size, ctimeNs} = await stat(templateFiles(template).ram, {bigint: true});
	return {size: Number(size), changedNs: String(ctimeNs)};
};

/** Throws when there is none. */
export const readStamp = async (template: string): Promise<Stamp> => JSON.parse(await readFile(templateFiles(template).stamp, 'utf8')) as Stamp;

export const writeStamp = async (template: string, {initramfs, hostKey}: TemplateOrigin): Promise<void> => {
	await writeFile(templateFiles(template).stamp, JSON.stringify({initramfs, hostKey, ...await measure(template)}), {mode: 0o600});
};

/** The stamp of a template whose memory is as it was when it was saved; undefined when it was written to since. Throws when there is no template. */
export const intactStamp = async (template: string): Promise<Stamp | undefined> => {
	const [saved, found] = await Promise.all([readStamp(template), measure(template)]);
	return saved.size === found.size && saved.changedNs === found.changedNs ? saved : undefined;
};
