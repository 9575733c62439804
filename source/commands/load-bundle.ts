// An import would evaluate the lazy getters of these modules.
const fs = process.getBuiltinModule('node:fs');
const {createRequire} = process.getBuiltinModule('node:module');
const path = process.getBuiltinModule('node:path');
const vm = process.getBuiltinModule('node:vm');
const {crc32} = process.getBuiltinModule('node:zlib');

/** When the functions have run that a dashboard needs to start. */
const startMilliseconds = 2000;
/** The first line of a bundle is a comment with the hash of the rest. */
const keyLength = 67;
const maximumWords = 100;
/** Many times what V8 makes of a bundle. */
const maximumBytes = 64 * 1024 * 1024;

type Cached = {readonly words: readonly string[]; readonly data: Buffer};

/** Compiled code of the bundle with this key, if this user has written it, whole: V8 compares no more than the length of the source, and damaged code ends the process. */
const readCached = (file: string, key: string): Cached | undefined => {
	try {
		const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
		try {
			const status = fs.fstatSync(descriptor);
			if (!status.isFile() || status.uid !== process.geteuid?.() || status.size > maximumBytes) {
				return undefined;
			}

			const content = fs.readFileSync(descriptor);
			const end = content.indexOf('\n', key.length);
			const [size, sum, ...words] = content.toString('latin1', key.length, end).split(' ');
			const data = content.subarray(end + 1);
			const isWhole = content.toString('latin1', 0, key.length) === key && Number(size) === data.length && Number(sum) === crc32(data);
			return isWhole ? {words, data} : undefined;
		} finally {
			fs.closeSync(descriptor);
		}
	} catch {
		return undefined;
	}
};

const writeCached = (file: string, key: string, {words, data}: Cached): void => {
	const draft = `${file}.${process.pid}`;
	try {
		fs.mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
		// Exclusively, because a superuser's cache may be in a directory of somebody else, who could have put a link there.
		fs.writeFileSync(draft, Buffer.concat([Buffer.from(`${key}${[data.length, crc32(data), ...words].join(' ')}\n`, 'latin1'), data]), {mode: 0o600, flag: 'wx'});
		fs.renameSync(draft, file);
	} catch {
		// Without the file, the next start is slower.
		try {
			fs.unlinkSync(draft);
		} catch {
			// There was no draft.
		}
	}
};

/**
Runs a bundle of `build/bundle.ts` and returns its exports.

Keeps the compiled code in `directory`, if there is one, with the functions that each `word`, such as a command, has called. Node's own cache has none of them, because it takes the code before it runs.
*/
export const loadBundle = (bundle: string, {directory, word}: {readonly directory: string | undefined; readonly word: string}): unknown => {
	const source = fs.readFileSync(bundle, 'latin1');
	const key = source.slice(0, keyLength);
	const file = directory === undefined ? undefined : path.join(directory, `${path.basename(bundle, '.cjs')}-${process.version}-${process.arch}`);
	const cached = file === undefined ? undefined : readCached(file, key);
	const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
		filename: bundle, cachedData: cached?.data, importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
	});
	const words = script.cachedDataRejected ? [] : cached?.words ?? [];
	if (file !== undefined && !words.includes(word) && words.length < maximumWords) {
		const save = () => {
			clearTimeout(timer);
			process.off('exit', save);
			writeCached(file, key, {words: [...words, word], data: script.createCachedData()});
		};

		// Later V8 forgets functions that have not been called for long.
		const timer = setTimeout(save, startMilliseconds);
		timer.unref();
		process.once('exit', save);
	}

	const loaded = {exports: {}};
	const run = script.runInThisContext() as (...values: readonly unknown[]) => void;
	run(loaded.exports, createRequire(bundle), loaded, bundle, path.dirname(bundle));
	return loaded.exports;
};
