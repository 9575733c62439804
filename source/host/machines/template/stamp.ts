import {readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';

/** Names of the files of a template. */
export const templateFiles = (template: string) => ({
	ram: path.join(template, 'ram'),
	state: path.join(template, 'state'),
	kernelStart: path.join(template, 'kernel'),
	/** Console output of its boot. */
	boot: path.join(template, 'boot'),
	/** Written last: a template without it is incomplete. */
	stamp: path.join(template, 'seal.json'),
});

/** What a template depends on. If one of these changes, the template is unusable. */
export type TemplateOrigin = {
	/** Path of its initramfs. */
	readonly initramfs: string;
	/** See `hostKeyOf`. */
	readonly hostKey: string;
};

/** Shows whether a template is unchanged since it was saved. */
export type Stamp = TemplateOrigin & {
	readonly size: number;
	/** The ctime of the memory's file, which only the kernel sets. It is unique to a template. */
	readonly changedNs: string;
};

const measure = async (template: string): Promise<Pick<Stamp, 'size' | 'changedNs'>> => {
	const {size, ctimeNs} = await stat(templateFiles(template).ram, {bigint: true});
	return {size: Number(size), changedNs: String(ctimeNs)};
};

/** Throws if there is none. */
export const readStamp = async (template: string): Promise<Stamp> => JSON.parse(await readFile(templateFiles(template).stamp, 'utf8')) as Stamp;

export const writeStamp = async (template: string, {initramfs, hostKey}: TemplateOrigin): Promise<void> => {
	await writeFile(templateFiles(template).stamp, JSON.stringify({initramfs, hostKey, ...await measure(template)}), {mode: 0o600});
};

/** The stamp of a template; undefined if its memory has been written since it was saved. Throws if there is no template. */
export const intactStamp = async (template: string): Promise<Stamp | undefined> => {
	const [saved, found] = await Promise.all([readStamp(template), measure(template)]);
	return saved.size === found.size && saved.changedNs === found.changedNs ? saved : undefined;
};
