import {createHash} from 'node:crypto';
import {
	readFile,
	rename,
	stat,
	writeFile,
} from 'node:fs/promises';
import {release, version as kernelVersion} from 'node:os';
import path from 'node:path';
import {run} from '../../run.js';
import {orMissing} from '../../store/missing.js';
import {qemuArguments, type MachineShape} from '../qemu.js';

/** Part of every key. Raise it if the files of a template or the parts of its key change; earlier templates are then removed. */
const format = 7;

const hashOf = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);

const identities = new Map<string, Promise<string>>();

type Remembered = {readonly file: string; readonly version: string};

/** The first line that QEMU prints about itself, from `memory` if that is of the same file. */
const versionLine = async (program: string, file: string, memory: string | undefined): Promise<string> => {
	const text = memory === undefined ? undefined : await orMissing(readFile(memory, 'utf8'));
	try {
		const known = JSON.parse(text ?? '{}') as Partial<Remembered>;
		if (known.file === file && typeof known.version === 'string') {
			return known.version;
		}
	} catch {
		// The host lost power during the write.
	}

	const {stdout} = await run(program, ['--version'], {remedy: 'holm setup installs QEMU'});
	const version = stdout.split('\n', 1)[0]!;
	if (memory !== undefined) {
		await writeFile(`${memory}.new`, JSON.stringify({file, version} satisfies Remembered), {mode: 0o600});
		await rename(`${memory}.new`, memory);
	}

	return version;
};

/**
A line that changes with every upgrade of QEMU: its version, with the package's version if QEMU prints it, and the file's size and time. `program` is a path.

`memory` is a file that keeps the version for other processes, because QEMU takes 20 ms to print it; default none.
*/
export const qemuIdentity = async (program: string, memory?: string): Promise<string> => {
	const {size, mtimeMs, ino} = await stat(program);
	const file = `${program} ${size} ${mtimeMs} ${ino}`;
	const known = identities.get(file);
	if (known) {
		return known;
	}

	const asked = (async () => `${await versionLine(program, file, memory)} ${file}`)();
	identities.set(file, asked);
	asked.catch(() => identities.delete(file));
	return asked;
};

/** Whether a QEMU can map a read-only file privately, as 8.2 and later can. */
export const canMapReadOnly = (identity: string): boolean => {
	const [major = 0, minor = 0] = /version (?<version>[\d.]+)/v.exec(identity)?.groups?.version?.split('.').map(Number) ?? [];
	return major > 8 || (major === 8 && minor >= 2);
};

/** The fields of `/proc/cpuinfo`, on x86 and Arm, that decide whether a saved machine can continue. */
const processorFields = /^(?:vendor_id|cpu family|model|model name|stepping|microcode|flags|CPU implementer|CPU architecture|CPU variant|CPU part|CPU revision|Features)\s*:/v;

/** The distinct processors of a host, from the text of `/proc/cpuinfo`. */
export const processorsOf = (cpuinfo: string): readonly string[] => [...new Set(cpuinfo.split('\n\n').map(processor =>
	processor.split('\n').filter(line => processorFields.test(line)).map(line => line.replaceAll(/\s+/gv, ' ')).join('\n')).filter(Boolean))].toSorted();

let known: Promise<readonly string[]> | undefined;

/** Read once, because the kernel queries every processor's frequency, which is slow with many. */
const ownProcessors = async (): Promise<readonly string[]> => {
	known ??= readFile('/proc/cpuinfo', 'utf8').then(processorsOf);
	known.catch(() => {
		known = undefined;
	});
	return known;
};

/** The host's part of a template's key. */
export type TemplateHost = {
	readonly qemu: string;
	/** The distinct processors, with their microcode. */
	readonly processors: readonly string[];
	readonly kernel: readonly [release: string, version: string];
};

export const readTemplateHost = async (qemu: string): Promise<TemplateHost> => ({
	qemu,
	processors: await ownProcessors(),
	kernel: [release(), kernelVersion()],
});

/** Hash of what every template on a host depends on. A machine that was saved under another QEMU, processor or kernel may not run. */
export const hostKeyOf = ({qemu, processors, kernel}: TemplateHost): string => hashOf([format, qemu, processors, ...kernel]);

/** Hash of everything that one template depends on, regardless of paths. `hostKey` is that of this host. */
export const templateKeyOf = async (hostKey: string, shape: MachineShape): Promise<string> => {
	const files = await Promise.all([shape.kernel, shape.initramfs].map(async file => {
		const {size, mtimeMs} = await stat(file);
		return `${path.basename(file)} ${size} ${mtimeMs}`;
	}));
	const arguments_ = qemuArguments({
		shape: {...shape, kernel: '', initramfs: ''}, directory: '', name: '', ram: {path: '', share: true, readOnly: false},
	});
	return hashOf([hostKey, arguments_, files]);
};
